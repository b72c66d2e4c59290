"""The host's clock is set while the server runs: the database's time is used (D-16)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from tests.operations.load import Client, token_call
from tests.operations.processes import await_that
from tests.support.application import claims_of, fetch_token, token_status
from tests.support.databases import migrated_database
from tests.support.false_clock import SteppingClock, can_falsify
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operations.load import Call
    from tests.support.application import Credentials
    from tests.support.postgres import PrivatePostgres

pytestmark = pytest.mark.skipif(
    not can_falsify(), reason="libfaketime does not work on this platform"
)

HOUR = 3600
RELOADED_SECONDS = 2.5
"""Time after which every worker has read the database's time again."""

READY_SECONDS = 5.0
"""On a busy machine, a probe may exceed a second; the next one must succeed."""


@pytest.fixture
def clock(tmp_path: Path) -> SteppingClock:
    """The server's clock."""
    return SteppingClock(tmp_path / "clock")


def server_with(clock: SteppingClock, directory: Path, url: str = "") -> Server:
    settings = {"XSUAA_KEY_RELOAD_INTERVAL": "1"}
    return Server(directory, database_url=url, workers=1, **settings, **clock.environment)


def steps(server: Server, clock: SteppingClock) -> Iterator[int]:
    """Set the clock an hour ahead, an hour back, and to the right time again."""
    del server
    for ahead in (HOUR, -HOUR, 0):
        clock.step(ahead)
        time.sleep(RELOADED_SECONDS)
        yield ahead


def is_active(credentials: Credentials, token: str) -> bool:
    pair = credentials["clientid"], credentials["clientsecret"]
    url = f"{credentials['url']}/introspect"
    active: bool = requests.post(url, data={"token": token}, auth=pair, timeout=30).json()["active"]
    return active


def test_tokens_follow_the_database_and_every_wait_its_own_clock(
    postgres: PrivatePostgres, tmp_path: Path, clock: SteppingClock
) -> None:
    url = migrated_database(postgres, f"steps-{a_guid()}")
    with server_with(clock, tmp_path, url) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        instance = a_guid()
        types = credential_types("binding-secret", "instance-secret", "x509")
        # The hour would be half of the token lifetime here.
        settings = types | {"token-validity": 1800}
        assert platform.provision(instance, a_descriptor(oauth2_configuration=settings)).ok

        def bound(type_: str) -> Credentials:
            response = platform.bind(instance, a_guid(), {"credential-type": type_})
            assert response.status_code == 201
            made: Credentials = response.json()["credentials"]
            return made

        own, certificate, previous = map(bound, ("binding-secret", "x509", "instance-secret"))
        server.command("secrets", "rotate", instance, "--overlap", "30m")
        token = fetch_token(own).json()["access_token"]
        stopped: list[bool] = []

        def calls() -> Iterator[Call]:
            while not stopped:
                yield token_call(own)
                time.sleep(0.05)

        load = Client(server, "http", calls(), kept_alive=True)
        load.start()
        for _ in steps(server, clock):
            assert abs(claims_of(fetch_token(own))["exp"] - 1800 - time.time()) < 30
            assert is_active(own, token)
            assert token_status(previous) == 200
            assert fetch_with_certificate(certificate, server.ca_file).status == 200
            began = time.monotonic()
            bound("binding-secret")
            assert time.monotonic() - began < 10
            await_that(server.is_up, "being ready", READY_SECONDS)
        stopped.append(True)
        load.join()
        tally = load.tally
        assert (tally.wrong, tally.broken_after, tally.broken_before) == ([], [], [])


def test_no_step_back_re_enables_ended_credentials(
    postgres: PrivatePostgres, tmp_path: Path, clock: SteppingClock
) -> None:
    url = migrated_database(postgres, f"steps-{a_guid()}")
    with server_with(clock, tmp_path, url) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        instance = a_guid()
        settings = {"token-validity": 60}
        assert platform.provision(instance, a_descriptor(oauth2_configuration=settings)).ok
        previous = platform.bind(instance, a_guid()).json()["credentials"]
        # Nor does a wrong clock of the operator extend a given duration.
        clock.step(HOUR)
        server.command("secrets", "rotate", instance, "--overlap", "2s")
        clock.step(0)
        await_that(lambda: token_status(previous) == 401, "the end of the overlap")
        for _ in steps(server, clock):
            assert token_status(previous) == 401


def test_on_sqlite_a_step_fails_no_request(tmp_path: Path, clock: SteppingClock) -> None:
    """SQLite uses the host's clock; no wait depends on it."""
    with server_with(clock, tmp_path) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).ok
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        token = fetch_token(credentials).json()["access_token"]
        for _ in steps(server, clock):
            began = time.monotonic()
            assert token_status(credentials) == 200
            assert is_active(credentials, token)
            assert platform.bind(instance, a_guid()).status_code == 201
            await_that(server.is_up, "being ready", READY_SECONDS)
            assert time.monotonic() - began < 10
