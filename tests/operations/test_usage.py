"""Use of credentials: counted by every worker, kept across restarts, reported (D-22)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, func, select

from broker.store.tables.usage import credential_daily_count, credential_daily_use
from tests.operations.load import Client, token_calls
from tests.operations.processes import await_that, family_of, needs_proc
from tests.support.application import fetch_token, token_status
from tests.support.databases import migrated_database
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Select

    from tests.support.application import Credentials

WISH = {"credential-type": "binding-secret"}
TWO_TYPES = credential_types("instance-secret", "binding-secret")


@pytest.fixture
def server(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of the test's own."""
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"usage-{a_guid()}")
    with Server(tmp_path, database_url=url, XSUAA_USAGE_FLUSH_INTERVAL="1") as running:
        yield running


def test_the_report_shows_used_credentials(server: Server) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=TWO_TYPES)).ok
    shared = bound(platform, server, instance, "shared")
    own = bound(platform, server, instance, "own", WISH)
    bound(platform, server, instance, "idle", WISH)
    for _ in range(3):
        assert token_status(shared) == 200
    assert token_status(own) == 200
    for _ in range(2):  # a wrong secret with the binding's id does not change the time
        wrong = own["clientsecret"][:-3] + "xx="
        assert token_status(own | {"clientsecret": wrong}) == 401
    # Accepted, although the requested scope is denied: this is use.
    assert fetch_token(own, scope="foreign").status_code == 400

    def is_complete() -> bool:
        each = report(server, instance)
        uses = [each["instance_secret"], *(b["use"] for b in each["bindings"] if b["use"])]
        return sum(int(use["accepted"] + use["refused"]) for use in uses) == 7

    await_that(is_complete, "seven requests in the report")
    found = report(server, instance)
    assert found["instance_secret"]["accepted"] == 3
    uses = {binding["binding_id"]: binding["use"] for binding in found["bindings"]}
    assert uses["shared"] is None
    assert (uses["own"]["accepted"], uses["own"]["refused"]) == (2, 2)
    assert uses["own"]["last_used_at"]
    assert (uses["idle"]["accepted"], uses["idle"]["last_used_at"]) == (0, None)
    assert found["removal"]["instance-secret"]["need"] == "in use"
    assert found["removal"]["instance-secret"]["would_break"] == ["shared"]
    assert found["removal"]["binding-secret"]["used_lately"] == ["own"]

    text = server.command("credentials", "report", "--instance", instance).stdout
    assert "Instance secrets are still needed by app-" in text
    gate = ("--instance", instance, "--fail-if-needed", "instance-secret")
    assert server.command("credentials", "report", *gate, check=False).returncode == 3
    short = server.command("credentials", "report", "--within", "0").stdout
    assert "bindings contain one" in short
    missing = server.command("credentials", "report", "--instance", "nowhere", check=False)
    assert missing.returncode == 1


def test_use_is_kept_by_day(server: Server) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).ok
    key = bound(platform, server, instance, "key")
    wrong = key | {"clientsecret": key["clientsecret"][:-3] + "xx="}
    assert {token_status(key) for _ in range(7)} == {200}
    assert {token_status(wrong) for _ in range(2)} == {401}
    # Two days, if the test runs around midnight.
    daily = credential_daily_use.c
    sums = select(func.sum(daily.accepted), func.sum(daily.refused))
    await_that(lambda: rows(server, sums) == [(7, 2)], "nine requests in the days")
    use = report(server, instance)["instance_secret"]
    assert (use["accepted"], use["refused"]) == (7, 2)
    count = credential_daily_count.c
    number = select(count.type, count.credentials).distinct()
    await_that(lambda: rows(server, number) == [("instance-secret", 1)], "the number of the day")


def test_a_refused_certificate_is_counted_for_its_binding(server: Server) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance, types = a_guid(), credential_types("x509", "instance-secret")
    descriptor = a_descriptor(oauth2_configuration=types)
    assert platform.provision(instance, descriptor).ok
    own = bound(platform, server, instance, "own")

    def use() -> tuple[int, int]:
        [binding] = report(server, instance)["bindings"]
        return binding["use"]["accepted"], binding["use"]["refused"]

    assert fetch_with_certificate(own, server.ca_file).status == 200
    only = {"oauth2-configuration": credential_types("instance-secret")}
    assert platform.update(instance, descriptor | only).ok
    for _ in range(2):
        assert fetch_with_certificate(own, server.ca_file).status == 401
    await_that(lambda: use() == (1, 2), "three requests in the report")
    # Counts of refusals are written every ten seconds, and at shutdown.
    server.stop()
    output = server.command("refusals", "list", "--wide").stdout
    assert re.search(r" 2 +credential [0-9a-f]+ .*credential type no longer listed", output), output


@needs_proc
def test_an_orderly_end_loses_no_count(server: Server) -> None:
    """SIGTERM under load: the number of recorded uses equals that of issued tokens."""
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).ok
    credentials = bound(platform, server, instance, "key")
    clients = [
        Client(server, listener, token_calls(credentials), kept_alive=False)
        for listener in ("http", "http", "tls")
    ]
    for client in clients:
        client.start()
    await_that(lambda: all(client.tally.answered > 10 for client in clients), "load")
    server.terminate()
    assert server.wait() == 0
    for client in clients:
        client.join()
    answered = sum(client.tally.answered for client in clients)
    assert report(server, instance)["instance_secret"]["accepted"] == answered


@needs_proc
def test_killed_workers_lose_no_more_than_the_interval(server: Server) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).ok
    credentials = bound(platform, server, instance, "key")
    assert token_status(credentials) == 200
    await_that(
        lambda: report(server, instance)["instance_secret"]["accepted"] == 1, "what is written"
    )
    for worker in family_of(server).http_workers:
        worker.kill()
    await_that(lambda: is_answered(credentials), "a token")
    await_that(lambda: report(server, instance)["instance_secret"]["accepted"] >= 2, "new counts")


def test_rotation_in_place_by_command(server: Server) -> None:
    """D-15: no application fails during the overlap, on any worker."""
    platform = PlatformClient(server.url, server.user, server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).ok
    old = bound(platform, server, instance, "key")
    rotated = server.command("secrets", "rotate", instance, "--overlap", "7d").stdout
    assert "The previous secret is accepted until" in rotated
    new = platform.fetch_binding(instance, "key").json()["credentials"] | {"url": server.url}
    assert new["clientsecret"] != old["clientsecret"]
    assert {token_status(each) for each in (old, new) * 5} == {200}
    again = server.command("secrets", "rotate", instance, check=False)
    assert again.returncode == 1
    assert "secrets revoke" in again.stderr
    await_that(
        lambda: server.command("secrets", "show", instance).stdout.count("Z") == 4,
        "both uses in the table, beside since when and until when",
    )
    server.command("secrets", "revoke", instance)
    assert {token_status(old) for _ in range(5)} == {401}
    assert {token_status(new) for _ in range(5)} == {200}
    trail = server.command("audit", "list", "--instance", instance, "--json").stdout
    actions = [json.loads(line)["action"] for line in trail.splitlines()]
    done = [action for action in actions if action.endswith("-secret")]
    assert done == ["rotate-secret", "revoke-previous-secret"]
    for secret in (old["clientsecret"], new["clientsecret"]):
        assert secret not in server.log() + trail + rotated


def bound(
    platform: PlatformClient,
    server: Server,
    instance: str,
    name: str,
    parameters: dict[str, Any] | None = None,
) -> Credentials:
    """Bind; return the credentials for this server."""
    response = platform.bind(instance, name, parameters)
    assert response.status_code == 201, response.text
    credentials: Credentials = response.json()["credentials"]
    return credentials | {"url": server.url}


def report(server: Server, instance: str) -> dict[str, Any]:
    """Return the report on one instance."""
    text = server.command("credentials", "report", "--instance", instance, "--json").stdout
    found: dict[str, Any] = json.loads(text)["instances"][0]
    return found


def rows(server: Server, query: Select[Any]) -> list[tuple[Any, ...]]:
    """Return rows of the server's database."""
    url = server.environment.get("XSUAA_DATABASE_URL", "")
    default = f"sqlite:///{server.directory / 'var' / 'xsuaa.db'}"
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:") or default)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    return found


def is_answered(credentials: Credentials) -> bool:
    """Return whether a token is issued."""
    try:
        return token_status(credentials) == 200
    except OSError:
        return False
