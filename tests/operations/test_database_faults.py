"""Database faults under a running server: the right response, no partial change, recovery."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
import requests

from tests.operations.processes import await_that, family_of, needs_proc, processes_of
from tests.support.application import fetch_token, token_status
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials
    from tests.support.postgres import PrivatePostgres

TYPES = credential_types("binding-secret")
STATEMENT_SECONDS, LOCK_SECONDS = 1, 2


@pytest.fixture
def url(postgres: PrivatePostgres) -> str:
    """A database of the test's own on PostgreSQL."""
    return migrated_database(postgres, f"faults-{a_guid()}")


def platform_of(server: Server) -> PlatformClient:
    return PlatformClient(server.url, server.user, server.password, may_fail=True)


def bound(platform: PlatformClient, instance: str) -> Credentials:
    response = platform.bind(instance, a_guid())
    assert response.status_code == 201, response.text
    credentials: Credentials = response.json()["credentials"]
    return credentials | {"url": platform.url}


def assert_come_back_later(response: requests.Response, body: dict[str, Any]) -> None:
    """A 503 in the form of the protocol, with Retry-After and no details."""
    assert response.status_code == 503, response.text
    assert int(response.headers["Retry-After"]) >= 1
    assert response.json() == body


OSB_BODY = {"description": "The database cannot be used at the moment."}
OAUTH_BODY = {"error": "temporarily_unavailable", "error_description": "Try again later"}


def test_a_statement_that_hangs_ends(url: str, tmp_path: Path) -> None:
    """Without the limit, a token request would wait forever for a table lock."""
    with Server(
        tmp_path,
        database_url=url,
        XSUAA_STATEMENT_TIMEOUT=str(STATEMENT_SECONDS),
        XSUAA_LOCK_TIMEOUT=str(LOCK_SECONDS),
    ) as server:
        platform, instance, binding = platform_of(server), a_guid(), a_guid()
        assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
        credentials = bound(platform, instance)
        with psycopg.connect(url) as holder:
            holder.execute("LOCK TABLE credential IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            assert_come_back_later(fetch_token(credentials), OAUTH_BODY)
            assert time.monotonic() - began < STATEMENT_SECONDS + 4
        assert token_status(credentials) == 200

        # A slow statement of a write: its limit begins after that of the lock.
        with psycopg.connect(url, autocommit=True) as operator:
            operator.execute(
                "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'"
            )
            operator.execute(
                "CREATE TRIGGER dawdle BEFORE INSERT ON audit_event EXECUTE FUNCTION dawdle()"
            )
            began = time.monotonic()
            assert_come_back_later(platform.bind(instance, binding), OSB_BODY)
            took = time.monotonic() - began
            assert STATEMENT_SECONDS <= took < STATEMENT_SECONDS + LOCK_SECONDS + 4
            assert platform.fetch_binding(instance, binding).status_code in {404, 503}
            operator.execute("DROP TRIGGER dawdle ON audit_event")
        assert platform.fetch_binding(instance, binding).status_code == 404
        assert platform.bind(instance, binding).status_code == 201
        assert_sound(server)


def test_commands_are_not_limited(url: str, tmp_path: Path) -> None:
    """An upgrade or a check of a large database may take long."""
    with Server(tmp_path, database_url=url, XSUAA_STATEMENT_TIMEOUT="1") as server:
        with psycopg.connect(url) as holder:
            holder.execute("LOCK TABLE credential IN ACCESS EXCLUSIVE MODE")
            release = threading.Timer(4, holder.rollback)
            release.start()
            began = time.monotonic()
            output = server.command("doctor", "check").stdout
            release.join()
        assert output == "No inconsistencies found.\n"
        assert time.monotonic() - began >= 2


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_lost_race_is_run_again_and_a_lost_cause_is_a_503(
    url: str, tmp_path: Path, state: str
) -> None:
    """Serialisation failures and deadlocks, raised by the database itself."""
    with Server(tmp_path, database_url=url, workers=1) as server:
        platform, instance = platform_of(server), a_guid()
        assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
        with psycopg.connect(url, autocommit=True) as operator:
            # A sequence is not rolled back: it counts attempts.
            operator.execute("CREATE SEQUENCE attempts")
            operator.execute(
                "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF nextval('attempts') <= TG_ARGV[0]::int THEN"
                f" RAISE EXCEPTION 'lost' USING ERRCODE = '{state}'; END IF;"
                " RETURN NEW; END $$"
            )

            def losing(times: int) -> None:
                operator.execute("DROP TRIGGER IF EXISTS lose ON credential")
                operator.execute("ALTER SEQUENCE attempts RESTART")
                operator.execute(
                    "CREATE TRIGGER lose BEFORE INSERT ON credential FOR EACH ROW"
                    f" EXECUTE FUNCTION lose({times})"
                )

            losing(2)
            credentials = bound(platform, instance)
            assert token_status(credentials) == 200
            losing(1000)
            binding = a_guid()
            assert_come_back_later(platform.bind(instance, binding), OSB_BODY)
            assert platform.fetch_binding(instance, binding).status_code == 404
            losing(0)
            assert platform.bind(instance, binding).status_code == 201
        assert_sound(server)


def assert_sound(server: Server) -> None:
    assert server.command("doctor", "check").stdout == "No inconsistencies found.\n"


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """Let no file of the server's processes grow, as on a full disk.

    Only the soft limit is set, so it can be raised again.
    """
    largest = max(file.stat().st_size for file in database_files(server))
    processes = [psutil.Process(each.pid) for each in processes_of(server)]
    before = [process.rlimit(psutil.RLIMIT_FSIZE) for process in processes]
    for process, (_, hard) in zip(processes, before, strict=True):
        process.rlimit(psutil.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        for process, limits in zip(processes, before, strict=True):
            process.rlimit(psutil.RLIMIT_FSIZE, limits)


def database_files(server: Server) -> list[Path]:
    return sorted((server.directory / "var").glob("xsuaa.db*"))


@needs_proc
def test_a_full_disk_stops_only_writes(tmp_path: Path) -> None:
    with Server(tmp_path, XSUAA_LOG_LEVEL="error") as server:
        platform, instance = platform_of(server), a_guid()
        assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
        credentials = bound(platform, instance)
        made: dict[str, int] = {}
        with full_disk(server):

            def bind() -> bool:
                binding = a_guid()
                response = platform.bind(instance, binding)
                made[binding] = response.status_code
                if response.status_code == 503:
                    assert_come_back_later(response, OSB_BODY)
                return response.status_code == 503

            await_that(bind, "no room")
            assert set(made.values()) <= {201, 503}
            # Reads succeed, and tokens need no disk space.
            assert token_status(credentials) == 200
            assert requests.get(f"{server.url}/readyz", timeout=10).status_code == 200
            assert platform.fetch(instance).status_code == 200
        for binding, status in made.items():
            expected = 200 if status == 201 else 404
            assert platform.fetch_binding(instance, binding).status_code == expected
        assert platform.bind(instance, a_guid()).status_code == 201
        assert_sound(server)
        server.stop()
        server.start()
        assert token_status(credentials) == 200
        assert_sound(server)


@pytest.fixture
def bound_by_permissions() -> tuple[str, ...]:
    """A command prefix under which root is bound by the permissions of files."""
    if os.geteuid() != 0:
        return ()
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("root needs setpriv to be refused anything")
    return (setpriv, "--bounding-set=-dac_override,-dac_read_search", "--")


@contextmanager
def read_only(server: Server) -> Iterator[None]:
    """Make the database, its journal files and their directory read-only."""
    directory = server.directory / "var"
    paths = [*database_files(server), directory]
    before = [path.stat().st_mode & 0o777 for path in paths]
    for path, mode in zip(paths, before, strict=True):
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in zip(paths, before, strict=True):
            path.chmod(mode)


@needs_proc
def test_a_read_only_file_ends_writes_until_it_is_writable_again(
    tmp_path: Path, bound_by_permissions: tuple[str, ...]
) -> None:
    server = Server(tmp_path, workers=1)
    server.run_by = bound_by_permissions
    with server:
        platform, instance, binding = platform_of(server), a_guid(), a_guid()
        assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
        credentials = bound(platform, instance)
        with read_only(server):
            # Open files stay writable, so the worker is replaced.
            for worker in family_of(server).http_workers:
                worker.kill()
            await_that(server.is_up, "a server that is ready")
            assert_come_back_later(platform.bind(instance, binding), OSB_BODY)
            assert token_status(credentials) == 200
            assert platform.fetch(instance).status_code == 200
        assert platform.fetch_binding(instance, binding).status_code == 404
        await_that(lambda: platform.bind(instance, binding).status_code == 201, "writes again")
        assert_sound(server)


def test_no_server_starts_on_a_read_only_file(
    tmp_path: Path, bound_by_permissions: tuple[str, ...]
) -> None:
    server = Server(tmp_path)
    server.run_by = bound_by_permissions
    with server:
        pass
    with read_only(server):
        refused = server.command("serve", check=False)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "database" in refused.stderr
