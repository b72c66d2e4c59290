"""Memory that clients can occupy is bounded in bytes, whatever they send or change (D-51)."""

from __future__ import annotations

import ast
import gc
import random
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

import broker
from broker.authentication.client import AuthenticatedClient
from broker.descriptor.model import CredentialType
from broker.store.credentials import lookup
from broker.tokens.client_authorities import Authorities
from broker.tokens.client_claims import ClientClaims, TokenDetails
from tests.support.application import fetch_token
from tests.support.domain import ADDRESSES
from tests.support.instances import ZONE
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(broker.__file__).parent
METRICS = "metrics-token-of-this-test"
GROWTH = 1_500_000
"""Bytes that a warm worker may grow; each update alone would leave 100,000 in unbounded caches."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("memory")
    with Server(directory, workers=1, XSUAA_TLS_PORT="0", XSUAA_METRICS_TOKEN=METRICS) as running:
        yield running


@pytest.fixture
def platform(server: Server) -> PlatformClient:
    return PlatformClient(server.url, server.user, server.password)


def scopes(prefix: str, count: int, length: int) -> list[str]:
    return [f"{prefix}.{number:0{length}d}" for number in range(count)]


def with_scopes(descriptor: dict[str, Any], count: int, length: int) -> dict[str, Any]:
    names = scopes("$XSAPPNAME", count, length)
    named = {"xsappname": descriptor["xsappname"], "authorities": names}
    return {**named, "scopes": [{"name": name} for name in names]}


class ManyGrants:
    """Grants long scopes."""

    def to(self, client_row_id: int) -> tuple[str, ...]:
        return tuple(scopes(f"other!t{client_row_id}", 8, 150))


def a_row(epoch: int, count: int = 8) -> tuple[Any, ...]:
    own = " ".join(scopes(f"app!t7.{epoch}", count, 150))
    client = (11, "sb-app!t7", "app!t7", "i", "binding-secret", own, None, None, True, epoch)
    return (*client, None, ZONE.row_id, ZONE.index, ZONE.guid, ZONE.subdomain, epoch)


def test_two_thousand_updates_of_one_client_leave_one_entry_in_each_cache() -> None:
    """One update with 500 long scopes occupied 426 KiB until the process ended."""
    authorities, claims = Authorities(ManyGrants()), ClientClaims(ADDRESSES)
    details = TokenDetails("t", 1, 2, {})
    clients, zones = len(lookup._clients), len(lookup._zones)
    memory = []
    tracemalloc.start()
    for epoch in range(1, 2_001):
        client = lookup._client(a_row(epoch))
        held = authorities.of(client)
        authenticated = AuthenticatedClient(client, 1, CredentialType.BINDING_SECRET, "1.0")
        for requested in (held, held[: epoch % 10]):
            claims.render(authenticated, requested, "client_credentials", details)
        if epoch % 1_000 == 100:
            gc.collect()
            memory.append(tracemalloc.get_traced_memory()[0])
    memory.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert max(memory) - min(memory) < 200_000
    assert len(lookup._clients) <= clients + 1
    assert len(lookup._zones) <= zones + 1
    assert len(authorities._cached) == len(claims._cached) == 1


def test_many_clients_share_the_bound() -> None:
    claims = ClientClaims(ADDRESSES)
    details = TokenDetails("t", 1, 2, {})
    for row_id in range(100, 400):
        row = (row_id, *a_row(1, 200)[1:])
        client = lookup._client(row)
        authenticated = AuthenticatedClient(client, 1, CredentialType.BINDING_SECRET, "1.0")
        claims.render(authenticated, client.authorities, "client_credentials", details)
    assert lookup._clients.size <= 16 * 1024**2
    assert claims._cached.size <= 8 * 1024**2
    # Entries of usual size have not been displaced for nothing.
    small = replace(client, row_id=11, authorities=("uaa.resource",))
    claims.render(replace(authenticated, client=small), small.authorities, "a", details)
    assert len(claims._cached) > 20


BOUNDED_BY_THEIR_INPUT = {
    "api/models.py:adapter": "types of the table of routes",
    "addresses.py:_zone_hosts": "the settings",
    "credentials/browser_values.py:_derived": "data keys of 32 bytes",
    "credentials/digest.py:_keyed": "data keys of 32 bytes",
    "identity/password_hash.py:_hasher": "no parameter",
    "console/rendering.py:_environment": "no parameter",
    "login/pages/rendering.py:_environment": "no parameter",
    "osb/reference.py:_page": "no parameter",
    "store/credentials/usage.py:_adding": "no parameter",
    "store/credentials/usage.py:_adding_by_day": "no parameter",
    "store/credentials/usage.py:_adding_by_day_to_existing": "no parameter",
    "store/credentials/usage.py:_adding_to_existing": "no parameter",
    "store/database/columns.py:from_types_text": "lists of the few credential types",
    "store/database/schema_revision.py:revisions": "no parameter",
    "tokens/signing.py:_header": "ids of signing keys",
}
"""Caches of the standard library, which count entries: what their parameters are."""


def test_no_cache_that_counts_entries_takes_data_of_clients() -> None:
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}:{node.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and any("cache" in ast.unparse(decorator) for decorator in node.decorator_list)
        and "cached_property" not in map(ast.unparse, node.decorator_list)
    }
    assert found == set(BOUNDED_BY_THEIR_INPUT)


@pytest.mark.parametrize("updates", [40, pytest.param(2_000, marks=pytest.mark.soak)])
def test_updates_and_narrowed_tokens_leave_nothing_in_a_worker(
    server: Server, platform: PlatformClient, updates: int
) -> None:
    instance, descriptor = a_guid(), a_descriptor()
    assert platform.provision(instance, descriptor).ok
    credentials = platform.bind(instance, a_guid()).json()["credentials"] | {"url": server.url}
    children = psutil.Process(server.pid).children(recursive=True)
    chance = random.Random(1)
    memory = []
    for number in range(updates):
        length = 100 + number % 7
        assert platform.update(instance, with_scopes(descriptor, 40, length)).ok
        held = scopes(credentials["xsappname"], 40, length)
        for _ in range(8):
            wished = " ".join(chance.sample(held, 38))
            assert fetch_token(credentials, scope=wished).status_code == 200
        if number >= updates // 2:
            memory.append(sum(each.memory_info().rss for each in children))
    assert max(memory) - memory[0] < GROWTH


def test_scopes_that_fit_in_no_token_are_refused(platform: PlatformClient) -> None:
    """With the sizes, at provision and update; the instance stays as it was."""
    too_many = with_scopes(a_descriptor(), 300, 150)
    refused = platform.provision(a_guid(), too_many)
    assert refused.status_code == 400
    text = refused.json()["description"]
    assert "authorities: 300 scopes of " in text
    assert "a token with all of them has at least 13" in text
    assert "a token of 16,384 bytes" in text

    instance, fitting = a_guid(), with_scopes(a_descriptor(), 30, 150)
    assert platform.provision(instance, fitting).ok
    credentials = platform.bind(instance, a_guid()).json()["credentials"]
    assert platform.update(instance, with_scopes(fitting, 300, 150)).status_code == 400
    issued = fetch_token(credentials)
    assert issued.status_code == 200
    assert len(issued.json()["scope"].split()) == 31


def test_no_request_adds_a_label_to_a_metric(server: Server, platform: PlatformClient) -> None:
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).ok
    credentials = platform.bind(instance, a_guid()).json()["credentials"] | {"url": server.url}

    def labels_after(mark: str) -> list[str]:
        requests.request(f"X{mark}", f"{server.url}/{mark}", timeout=30)
        requests.get(f"{server.url}/oauth/{mark}?{mark}={mark}", timeout=30)
        fetch_token(credentials, grant_type=mark, token_format=mark)
        fetch_token(credentials, scope=mark)
        fetch_token({**credentials, "clientid": f"sb-{mark}!t1"})
        fetch_token({**credentials, "clientsecret": mark}, in_body=True)
        platform.request("GET", f"/service_instances/{mark}")
        header = {"Authorization": f"Bearer {METRICS}"}
        scraped = requests.get(f"{server.url}/metrics", headers=header, timeout=30).text
        assert mark not in scraped
        return sorted(line.rpartition(" ")[0] for line in scraped.splitlines())

    labels_after("FIRST")
    assert labels_after("SECOND") == labels_after("THIRD")
