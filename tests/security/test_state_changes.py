"""State changes that clients cause are limited and audited; refusals are sampled (D-63)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests

from broker.tokens.revocations.tokens import MAX_CHANGES
from tests.clients.service_instance import displaying_application
from tests.support.application import fetch_token
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.application import Credentials


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("changes")
    with Server(directory, workers=1, XSUAA_TLS_PORT="0") as running:
        yield running


@pytest.fixture
def platform(server: Server) -> PlatformClient:
    return PlatformClient(server.url, server.user, server.password)


@pytest.fixture
def credentials(platform: PlatformClient) -> Credentials:
    return displaying_application(platform).create_key().credentials


def revoke(credentials: Credentials, token: str) -> requests.Response:
    return post(credentials, "/oauth/revoke", token=token)


def revoke_all(credentials: Credentials) -> requests.Response:
    return post(credentials, f"/oauth/token/revoke/client/{credentials['clientid']}")


def post(credentials: Credentials, path: str, **form: str) -> requests.Response:
    pair = credentials["clientid"], credentials["clientsecret"]
    return requests.post(f"{credentials['url']}{path}", data=form, auth=pair, timeout=30)


def token_of(credentials: Credentials) -> str:
    token: str = fetch_token(credentials).json()["access_token"]
    return token


def audited(server: Server, *arguments: str) -> list[str]:
    listed = server.command("audit", "list", "--limit", "1000", "--json", *arguments).stdout
    return [json.dumps(json.loads(line)["details"]) for line in listed.splitlines()]


def test_revocations_are_limited_per_client_and_each_one_is_audited(
    server: Server, platform: PlatformClient, credentials: Credentials
) -> None:
    """One client wrote 69 audit rows a second."""
    before = len(audited(server, "--action", "revoke-tokens"))
    for _ in range(MAX_CHANGES):
        assert revoke(credentials, token_of(credentials)).status_code == 200
    kept = token_of(credentials)
    for _ in range(5):
        limited = revoke(credentials, kept)
        assert limited.status_code == 429
        seconds = int(limited.headers["Retry-After"])
        assert 1 <= seconds <= 60
        assert limited.json() == {
            "error": "too_many_requests",
            "error_description": f"Too many revocations; try again in {seconds} seconds",
        }
    # The refused revocation changed nothing: neither the token nor the audit trail.
    assert post(credentials, "/introspect", token=kept).json()["active"] is True
    assert len(audited(server, "--action", "revoke-tokens")) == before + MAX_CHANGES
    # Another client is not affected, and no token request is.
    other = displaying_application(platform).create_key().credentials
    assert revoke(other, token_of(other)).status_code == 200
    assert fetch_token(credentials).status_code == 200
    # All tokens can still be revoked, from the next request on (D-03).
    assert revoke_all(credentials).status_code == 200
    assert post(credentials, "/introspect", token=kept).json() == {"active": False}


def test_revocations_of_all_tokens_are_limited_alike(
    server: Server, credentials: Credentials
) -> None:
    before = len(audited(server, "--action", "revoke-tokens"))
    statuses = [revoke_all(credentials).status_code for _ in range(MAX_CHANGES + 5)]
    assert statuses == [200] * MAX_CHANGES + [429] * 5
    assert len(audited(server, "--action", "revoke-tokens")) == before + MAX_CHANGES


def test_requests_that_change_nothing_leave_no_event(
    server: Server, platform: PlatformClient, credentials: Credentials
) -> None:
    """Repeated, foreign and invalid revocations, introspection, tokens and refusals."""
    other = displaying_application(platform).create_key().credentials
    token, foreign = token_of(credentials), token_of(other)
    revoke(credentials, token)
    before = audited(server)
    for _ in range(MAX_CHANGES + 5):
        assert revoke(credentials, token).status_code == 200
        assert revoke(credentials, "x.y.z").status_code == 200
        assert revoke(credentials, foreign).status_code == 400
    for client in (credentials, {**credentials, "clientsecret": "x"}):
        fetch_token(client)
        post(client, "/introspect", token=token)
        post(client, "/check_token", token=token)
        post(client, "/oauth/token/revoke/client/sb-other!t1")
    assert audited(server) == before
    # None of these counts as a change.
    assert revoke(credentials, token_of(credentials)).status_code == 200


def test_refused_updates_are_sampled(server: Server, platform: PlatformClient) -> None:
    instance, other = a_guid(), a_guid()
    for each in (instance, other):
        assert platform.provision(each, a_descriptor()).ok
    for _ in range(30):
        assert platform.update(instance, {"xsappname": "another"}).status_code == 422
    refused = audited(server, "--instance", instance, "--outcome", "refused")
    assert len(refused) == 10
    # Other instances and changes are recorded.
    assert platform.update(other, {"xsappname": "another"}).status_code == 422
    assert len(audited(server, "--instance", other, "--outcome", "refused")) == 1
    assert platform.deprovision(instance).ok
    assert len(audited(server, "--instance", instance, "--action", "deprovision")) == 1
