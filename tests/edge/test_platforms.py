"""Several platforms on one broker, its limits and its locks (D-07, D-20, D-35)."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.support.application import token_status
from tests.support.databases import migrated_database
from tests.support.platform import (
    ORGANIZATION,
    PlatformClient,
    a_descriptor,
    a_guid,
    credential_types,
)
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PrivatePostgres

MAX_INSTANCES, MAX_BINDINGS = 6, 4
PLATFORMS = [
    {"name": "other", "user": "other", "password": "geheim-1", "password_previous": "geheim-0"},
    {"name": "blind", "user": "blind", "password": "geheim-2", "reads_credentials": False},
]
ZONES = [{"subdomain": "acme", "platform": "other", "organization_guid": "mapped"}]


@pytest.fixture(scope="module")
def database_url(database: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database for this module; empty for the default SQLite file."""
    if database == "sqlite":
        return ""
    postgres: PrivatePostgres = request.getfixturevalue("postgres")
    return migrated_database(postgres, "platforms")


@pytest.fixture(scope="module")
def shared(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with three platforms, small limits and short timeouts."""
    server = Server(
        tmp_path_factory.mktemp("platforms"),
        database_url=database_url,
        XSUAA_PLATFORMS=json.dumps(PLATFORMS),
        XSUAA_ZONES=json.dumps(ZONES),
        XSUAA_MAX_INSTANCES_PER_ZONE=str(MAX_INSTANCES),
        XSUAA_MAX_BINDINGS_PER_INSTANCE=str(MAX_BINDINGS),
        XSUAA_LOCK_TIMEOUT="5",
    )
    with server as running:
        yield running


@pytest.fixture
def ours(shared: Server) -> PlatformClient:
    """The default platform."""
    return PlatformClient(shared.url, shared.user, shared.password)


@pytest.fixture
def other(shared: Server) -> PlatformClient:
    """Another platform."""
    return PlatformClient(shared.url, "other", "geheim-1")


def in_organization(guid: str) -> dict[str, Any]:
    """Return the members of a body that belongs to this organization."""
    return {"organization_guid": guid, "context": {"organization_guid": guid}}


def test_the_previous_password_works_beside_the_new_one(shared: Server) -> None:
    """OSB-AUTH-07."""
    for password in ("geheim-1", "geheim-0"):
        assert PlatformClient(shared.url, "other", password).catalog().status_code == 200
    for user, password in (("other", "geheim-2"), ("blind", "geheim-1"), ("other", "")):
        assert PlatformClient(shared.url, user, password).catalog().status_code == 401


def test_another_platform_reaches_nothing_of_ours(
    ours: PlatformClient, other: PlatformClient
) -> None:
    """D-35: neither by GET, PUT or DELETE nor through the same organization."""
    instance, binding, descriptor = a_guid(), a_guid(), a_descriptor()
    organization = in_organization(a_guid())
    ours.provision(instance, descriptor, **organization)
    credentials = ours.bind(instance, binding).json()["credentials"]
    assert other.fetch(instance).status_code == 404
    assert other.fetch_binding(instance, binding).status_code == 404
    assert other.provision(instance, descriptor, **organization).status_code == 409
    assert other.update(instance, descriptor).status_code == 404
    assert other.bind(instance, binding).status_code == 404
    assert other.unbind(instance, binding).status_code == 410
    assert other.deprovision(instance).status_code == 410
    assert token_status(credentials) == 200
    theirs = a_guid()
    assert other.provision(theirs, descriptor, **organization).status_code == 201
    their_credentials = other.bind(theirs, a_guid()).json()["credentials"]
    assert their_credentials["clientid"] != credentials["clientid"]
    assert their_credentials["zoneid"] != credentials["zoneid"]


def test_the_operator_s_zone_has_its_name(other: PlatformClient) -> None:
    """D-09."""
    instance = a_guid()
    other.provision(instance, a_descriptor(), **in_organization("mapped"))
    assert other.bind(instance, a_guid()).json()["credentials"]["identityzone"] == "acme"


def test_reading_credentials_back_can_be_switched_off(shared: Server) -> None:
    """D-07: the catalog says so, and a repeated bind still succeeds (OSB-BIND-02)."""
    blind = PlatformClient(shared.url, "blind", "geheim-2")
    [service] = blind.catalog().json()["services"]
    assert service["bindings_retrievable"] is False
    instance, binding = a_guid(), a_guid()
    blind.provision(instance, a_descriptor())
    bound = blind.bind(instance, binding)
    refused = blind.fetch_binding(instance, binding)
    assert refused.status_code == 400
    assert "switched off" in refused.json()["description"]
    assert blind.bind(instance, binding).json() == bound.json()


def test_the_instances_of_a_zone_are_limited(ours: PlatformClient) -> None:
    """Counted inside the transaction: parallel requests cannot exceed the limit."""
    organization = in_organization(a_guid())
    ids = [a_guid() for _ in range(MAX_INSTANCES + 3)]
    with ThreadPoolExecutor(len(ids)) as pool:
        responses = list(
            pool.map(lambda id_: ours.provision(id_, a_descriptor(), **organization), ids)
        )
    statuses = [response.status_code for response in responses]
    assert sorted(statuses) == [201] * MAX_INSTANCES + [400] * 3
    refused = next(response for response in responses if response.status_code == 400)
    assert f"already has {MAX_INSTANCES}" in refused.json()["description"]
    ours.deprovision(ids[statuses.index(201)])
    assert ours.provision(a_guid(), a_descriptor(), **organization).status_code == 201


def test_the_bindings_of_an_instance_are_limited(ours: PlatformClient) -> None:
    """A17."""
    instance = a_guid()
    ours.provision(instance, a_descriptor(), **in_organization(a_guid()))
    ids = [a_guid() for _ in range(MAX_BINDINGS + 3)]
    with ThreadPoolExecutor(len(ids)) as pool:
        statuses = list(pool.map(lambda id_: ours.bind(instance, id_).status_code, ids))
    assert sorted(statuses) == [201] * MAX_BINDINGS + [400] * 3
    kept = ids[statuses.index(201)]
    assert ours.bind(instance, kept).status_code == 200
    ours.unbind(instance, kept)
    assert ours.bind(instance, a_guid()).status_code == 201


def test_every_change_and_every_reading_of_credentials_is_audited(
    ours: PlatformClient, shared: Server
) -> None:
    """D-23: the log and the table hold the action and the originating identity."""
    instance, binding = a_guid(), a_guid()
    configuration = credential_types("binding-secret")
    ours.provision(
        instance,
        a_descriptor(oauth2_configuration=configuration),
        **in_organization(a_guid()),
    )
    ours.bind(instance, binding)
    secret = ours.fetch_binding(instance, binding).json()["credentials"]["clientsecret"]
    ours.bind(instance, binding)
    ours.bind(instance, binding, {"hide-secret": True})
    ours.unbind(instance, binding)
    ours.unbind(instance, binding)
    ours.deprovision(instance)
    events = [json.loads(line) for line in shared.log().splitlines() if '"audit"' in line]
    ours_only = [event for event in events if event["instance_id"] == instance]
    assert [event["action"] for event in ours_only] == [
        "provision",
        "bind",
        "read-credentials",
        "read-credentials",
        "unbind",
        "deprovision",
    ]
    assert {event["platform"] for event in ours_only} == {"default"}
    assert secret not in json.dumps(events)


@contextmanager
def locked(server: Server, instance_id: str) -> Iterator[None]:
    """Hold the instance's lock as an operation on another host would."""
    url = server.environment.get("XSUAA_DATABASE_URL", "")
    if url:
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO operation_lock VALUES (%s)", (instance_id,))
            yield
            connection.rollback()
        return
    path = server.directory / "var" / "xsuaa.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_waiting_too_long_ends_in_a_concurrency_error(ours: PlatformClient, shared: Server) -> None:
    """OSB-CONC-01, -02, OSB-PROV-12: after the configured time, and nothing is changed."""
    instance, descriptor = a_guid(), a_descriptor()
    organization = in_organization(ORGANIZATION)
    with locked(shared, instance):
        refused = ours.provision(instance, descriptor, **organization)
        assert refused.status_code == 422
        assert refused.json()["error"] == "ConcurrencyError"
        assert "try again" in refused.json()["description"]
        assert ours.fetch(instance).status_code == 404
    assert ours.provision(instance, descriptor, **organization).status_code == 201


def test_a_flood_of_broker_calls_leaves_threads_for_tokens(
    ours: PlatformClient, shared: Server
) -> None:
    """D-20: while more broker calls wait than there are threads, tokens are issued."""
    instance = a_guid()
    ours.provision(instance, a_descriptor(), **in_organization(a_guid()))
    credentials = ours.bind(instance, a_guid()).json()["credentials"]
    # More than the threads for tokens, and at most the queue of a single worker.
    with locked(shared, instance), ThreadPoolExecutor(24) as pool:
        waiting = [pool.submit(ours.bind, instance, a_guid()) for _ in range(24)]
        assert {token_status(credentials) for _ in range(20)} == {200}
        assert not any(call.done() for call in waiting)
        assert {call.result().status_code for call in waiting} == {422}
