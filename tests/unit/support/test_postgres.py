"""The private PostgreSQL starts, keeps its data, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support.postgres import PrivatePostgres

REPOSITORY = Path(__file__).parents[3]

OWNER_THAT_WAITS = """
import time
from tests.support.postgres import PrivatePostgres
with PrivatePostgres() as server:
    print(server.pid, server.directory, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PrivatePostgres]:
    """One running server for the tests that leave it running."""
    with PrivatePostgres() as running:
        yield running


def test_a_created_database_can_be_queried(server: PrivatePostgres) -> None:
    url = server.create_database("an answering one")

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("an answering one",)


def test_it_is_durable_on_request() -> None:
    with PrivatePostgres(durable=True) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert shown(server, setting) == "on"


def test_it_listens_on_the_loopback_and_in_its_directory_only(server: PrivatePostgres) -> None:
    assert shown(server, "listen_addresses") == "127.0.0.1"
    assert shown(server, "unix_socket_directories") == f'"{server.directory}"'


def test_a_wrong_password_is_refused(server: PrivatePostgres) -> None:
    address = psycopg.conninfo.make_conninfo(server.url("postgres"), password="wrong")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address)


@pytest.mark.parametrize("end", [PrivatePostgres.stop, PrivatePostgres.kill])
def test_committed_data_outlives_an_end_and_a_start(
    server: PrivatePostgres, end: Callable[[PrivatePostgres], None]
) -> None:
    url = server.create_database(f"kept over {end.__name__}")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    processes = processes_of(server)

    end(server)

    assert server.pid is None
    assert not any(alive(process) for process in processes)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@pytest.mark.parametrize("end", [PrivatePostgres.stop, PrivatePostgres.kill, None])
def test_a_failing_block_leaves_no_process_and_no_directory(
    end: Callable[[PrivatePostgres], None] | None,
) -> None:
    server = PrivatePostgres()
    processes = []

    def failing_block() -> None:
        with server:
            processes.extend(processes_of(server))
            if end:
                end(server)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing_block()

    assert len(processes) > 1
    assert not any(alive(process) for process in processes)
    assert not server.directory.exists()


def test_it_dies_with_a_killed_owner() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER_THAT_WAITS],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    ) as owner:
        assert owner.stdout
        pid, directory = owner.stdout.readline().strip().split(" ", 1)
        postmaster = psutil.Process(int(pid))
        processes = [postmaster, *postmaster.children()]

        owner.send_signal(signal.SIGKILL)

        deadline = time.monotonic() + 600
        while Path(directory).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert not any(alive(process) for process in processes)
    assert not Path(directory).exists()


def shown(server: PrivatePostgres, setting: str) -> str:
    """The value of a server setting."""
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
    assert row
    return str(row[0])


def processes_of(server: PrivatePostgres) -> list[psutil.Process]:
    """The postmaster and everything it started."""
    postmaster = psutil.Process(server.pid)
    return [postmaster, *postmaster.children()]


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
