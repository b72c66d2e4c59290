"""A confirmed revocation is effective at once in every worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.operations.load import Listener, status_of, token_call
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials

LISTENERS: tuple[Listener, ...] = ("http", "tls")
REQUESTS = 50
AT_ONCE = 8


@pytest.fixture
def server(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with more workers than sequential requests would reach."""
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"revocation-{a_guid()}")
    with Server(tmp_path, database_url=url, workers=4) as running:
        yield running


@pytest.fixture
def platform(server: Server) -> PlatformClient:
    """The platform of that server."""
    return PlatformClient(server.url, server.user, server.password)


def test_a_deleted_key_is_refused_by_every_worker_at_once(
    server: Server, platform: PlatformClient
) -> None:
    instance, deleted, kept = a_guid(), a_guid(), a_guid()
    descriptor = a_descriptor(oauth2_configuration=credential_types("binding-secret"))
    assert platform.provision(instance, descriptor).status_code == 201
    keys = {name: credentials_of(platform, instance, name) for name in (deleted, kept)}
    assert statuses(server, keys[deleted]) == {200}  # fill every cache of the workers

    assert platform.unbind(instance, deleted).status_code == 200

    assert statuses(server, keys[deleted]) == {401}
    assert statuses(server, keys[kept]) == {200}


def test_a_type_no_longer_listed_is_refused_by_every_worker_at_once(
    server: Server, platform: PlatformClient
) -> None:
    instance = a_guid()
    descriptor = a_descriptor()
    assert platform.provision(instance, descriptor).status_code == 201
    old = credentials_of(platform, instance, a_guid())
    assert old["credential-type"] == "instance-secret"
    assert statuses(server, old) == {200}

    both = credential_types("binding-secret", "instance-secret")
    listed = descriptor | {"oauth2-configuration": both}
    assert platform.update(instance, listed).status_code == 200
    new = credentials_of(platform, instance, a_guid())
    assert statuses(server, old) == {200}

    only = credential_types("binding-secret")
    delisted = descriptor | {"oauth2-configuration": only}
    assert platform.update(instance, delisted).status_code == 200

    assert statuses(server, old) == {401}
    assert statuses(server, new) == {200}


def credentials_of(
    platform: PlatformClient, instance: str, name: str, parameters: dict[str, str] | None = None
) -> Credentials:
    """Create a service key; return its credentials."""
    response = platform.bind(instance, name, parameters)
    assert response.status_code == 201
    credentials: Credentials = response.json()["credentials"]
    return credentials


def statuses(server: Server, credentials: Credentials) -> set[int]:
    """Request many tokens from both listeners, each over a new connection; return the statuses."""
    call = token_call(credentials)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [
            pool.submit(status_of, server, listener, call)
            for _ in range(REQUESTS)
            for listener in LISTENERS
        ]
        return {answer.result() for answer in answers}
