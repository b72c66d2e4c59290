"""A database that accepts connections but does not respond: probes and metrics report it."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import psutil
import requests

from tests.operations.load import new_key, open_connection, token_call
from tests.operations.processes import await_that
from tests.support.databases import migrated_database
from tests.support.platform import a_guid
from tests.support.postgres import PrivatePostgres
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "metrics-token-of-this-test"


@contextmanager
def hanging(postgres: PrivatePostgres) -> Iterator[None]:
    """Stop every process of the database, so that connections stay open without a response."""
    assert postgres.pid
    main = psutil.Process(postgres.pid)
    main.suspend()
    processes = [main, *main.children(recursive=True)]
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)


def test_probes_respond_while_the_database_hangs(tmp_path: Path) -> None:
    """The server responds before the client's timeout of a second."""
    with PrivatePostgres() as postgres:
        url = migrated_database(postgres, f"hanging-{a_guid()}")
        with Server(tmp_path, database_url=url, XSUAA_METRICS_TOKEN=TOKEN) as server:
            with hanging(postgres):
                for _ in range(6):  # also if checks hang already, and on every worker
                    ready = requests.get(f"{server.url}/readyz", timeout=2)
                    assert ready.status_code == 503
                    assert ready.json()["database"] == "failed"
                    assert requests.get(f"{server.url}/healthz", timeout=2).status_code == 200
                metrics = requests.get(
                    f"{server.url}/metrics",
                    headers={"Authorization": f"Bearer {TOKEN}"},
                    timeout=20,
                )
                assert "xsuaa_database_up 0.0" in metrics.text
            await_that(server.is_up, "the server is ready again")


def test_requests_that_wait_for_the_database_take_no_threads(tmp_path: Path) -> None:
    """Otherwise a few dozen of them would block all threads of a worker (decision 0032)."""
    with PrivatePostgres() as postgres, ExitStack() as stack:
        url = migrated_database(postgres, f"waiting-{a_guid()}")
        server = Server(tmp_path, database_url=url, workers=1, XSUAA_THREADS="2")
        stack.enter_context(server)
        call = token_call(new_key(server))
        clients = [stack.enter_context(closing(open_connection(server, "http"))) for _ in range(60)]
        with hanging(postgres):
            for client in clients:
                client.request(call.method, call.path, call.body, call.headers)
            for _ in range(5):
                assert requests.get(f"{server.url}/healthz", timeout=2).status_code == 200
        assert {client.getresponse().status for client in clients} <= {200, 503}
        await_that(server.is_up, "the server is ready again")
