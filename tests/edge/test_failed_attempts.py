"""Failed authentications are limited per address and client; others are unaffected (D-37)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests
from sqlalchemy import create_engine, func, select

from broker.store.tables.core import audit_event
from broker.store.tables.tokens import refused_attempt
from tests.clients.service_instance import displaying_application
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials

LIMIT = 5


@contextmanager
def server_with(directory: Path, url: str = "", **settings: str) -> Iterator[Server]:
    with Server(
        directory,
        database_url=url,
        workers=1,
        XSUAA_FAILURE_LIMIT=str(LIMIT),
        **settings,
    ) as running:
        yield running


def credentials_of(server: Server) -> Credentials:
    platform = PlatformClient(server.url, server.user, server.password)
    return displaying_application(platform).create_key().credentials


def attempt(
    credentials: Credentials, secret: str | None = None, forwarded: str = ""
) -> requests.Response:
    return requests.post(
        f"{credentials['url']}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(credentials["clientid"], secret or credentials["clientsecret"]),
        headers={"X-Forwarded-For": forwarded} if forwarded else {},
        timeout=30,
    )


def test_too_many_failures_return_retry_after(tmp_path: Path) -> None:
    with server_with(tmp_path) as server:
        ours, theirs = credentials_of(server), credentials_of(server)
        statuses = [attempt(ours, "wrong").status_code for _ in range(LIMIT)]
        assert statuses == [401] * LIMIT
        limited = attempt(ours, "wrong")
        assert limited.status_code == 429
        seconds = int(limited.headers["Retry-After"])
        assert 1 <= seconds <= 60
        assert limited.json() == {
            "error": "too_many_requests",
            "error_description": f"Too many failed attempts; try again in {seconds} seconds",
        }
        assert limited.headers["Cache-Control"] == "no-store"

        # A correct secret is never refused, and does not reset the limit for a wrong one.
        assert attempt(ours).status_code == 200
        assert attempt(ours, "wrong").status_code == 429
        # Neither another client nor requests without a client id are affected.
        assert attempt(theirs, "wrong").status_code == 401
        anonymous = requests.post(f"{server.url}/oauth/token", timeout=30)
        assert anonymous.status_code == 401
        # A client cannot forge its address.
        assert attempt(ours, "wrong", forwarded="9.9.9.9").status_code == 429


def test_refusals_of_unknown_clients_are_limited_alike(tmp_path: Path) -> None:
    """D-17: the limit does not reveal whether a client exists."""
    with server_with(tmp_path) as server:
        known = credentials_of(server)
        unknown = {**known, "clientid": "sb-nobody!t1"}
        responses = [
            [attempt(each, "wrong").status_code for _ in range(LIMIT + 2)]
            for each in (known, unknown)
        ]
        assert responses[0] == responses[1] == [401] * LIMIT + [429] * 2


def test_only_the_proxy_s_header_sets_the_client_address(tmp_path: Path) -> None:
    with server_with(tmp_path, XSUAA_TRUSTED_HOPS="1") as server:
        credentials = credentials_of(server)
        for number in range(LIMIT):
            forwarded = f"forged-{number}, 192.0.2.1"
            assert attempt(credentials, "wrong", forwarded).status_code == 401
        assert attempt(credentials, "wrong", "anything, 192.0.2.1").status_code == 429
        assert attempt(credentials, "wrong", "192.0.2.1, 192.0.2.2").status_code == 401
        assert attempt(credentials, "wrong").status_code == 401


@pytest.mark.parametrize(
    "attempts",
    [1_000, pytest.param(100_000, marks=pytest.mark.soak)],
)
def test_a_flood_of_failures_affects_no_other_client(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, attempts: int
) -> None:
    """The real client sees no 429, no table grows past its bound, every attempt is counted."""
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"flood-{a_guid()}")
    with server_with(tmp_path, url) as server:
        credentials = credentials_of(server)
        events_before = rows_in(server, audit_event.name)
        done = threading.Event()
        seen: set[int] = set()
        refused: dict[int, int] = {}
        lock = threading.Lock()

        def attack(share: int) -> None:
            session = requests.Session()
            for number in range(share):
                client = credentials["clientid"] if number % 2 else f"sb-nobody{number}!t1"
                form = {"grant_type": "client_credentials", "client_id": client}
                form["client_secret"] = f"guess-{number}"
                status = session.post(
                    f"{server.url}/oauth/token", data=form, timeout=60
                ).status_code
                with lock:
                    refused[status] = refused.get(status, 0) + 1

        def work() -> None:
            while not done.is_set():
                seen.add(attempt(credentials).status_code)

        client = threading.Thread(target=work)
        client.start()
        attackers = [threading.Thread(target=attack, args=(attempts // 4,)) for _ in range(4)]
        for attacker in attackers:
            attacker.start()
        for attacker in attackers:
            attacker.join()
        done.set()
        client.join()
        assert seen == {200}
        assert set(refused) == {401, 429}
        assert refused[429] >= attempts // 4
        assert rows_in(server, audit_event.name) == events_before
        server.stop()
        rows, counted = counted_refusals(server)
        assert counted == attempts
        assert rows <= 202  # at most a hundred sources, and the others, in each flush of a minute
        assert "guess-" not in server.log()
        output = server.command("refusals", "list", "--wide").stdout
        assert "unknown client or no such credential" in output


def engine_of(server: Server) -> str:
    url = server.environment.get("XSUAA_DATABASE_URL", "")
    if url:
        return url.replace("postgresql://", "postgresql+psycopg://")
    return f"sqlite:///{server.directory / 'var' / 'xsuaa.db'}"


def rows_in(server: Server, table: str) -> int:
    engine = create_engine(engine_of(server))
    with engine.connect() as connection:
        count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
    engine.dispose()
    return int(count)


def counted_refusals(server: Server) -> tuple[int, int]:
    engine = create_engine(engine_of(server))
    query = select(func.count(), func.sum(refused_attempt.c.attempts))
    with engine.connect() as connection:
        rows, attempts = connection.execute(query).one()
    engine.dispose()
    return rows, int(attempts or 0)
