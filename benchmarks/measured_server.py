"""The product's server as it runs in production, on given cores."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from benchmarks.cores import pinned_to
from benchmarks.measured import Measured
from benchmarks.processor import IFMA_VARIABLE
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from benchmarks.cores import Cores

USER = "broker"
PASSWORD = secrets.token_urlsafe(24)


@contextmanager
def measured_server(
    bench: Bench, name: str, cores: Cores, database_url: str, **settings: str
) -> Iterator[tuple[Server, Measured]]:
    """Run a server with its log in a file; by default with one worker and without TLS."""
    with ExitStack() as stack:
        server = production_server(bench, name, database_url, **settings)
        with pinned_to(cores):
            stack.enter_context(server)
        pids = [server.pid]
        if not database_url.startswith("sqlite"):
            pids += filter(None, [bench.databases.postgres.pid])
        yield server, Measured(f"http://127.0.0.1:{server.port}", cores, pids)


def production_server(bench: Bench, name: str, database_url: str, **settings: str) -> Server:
    """Return a server that is not started yet."""
    directory = bench.directory / name
    directory.mkdir(parents=True)
    given = {
        "XSUAA_MODE": "production",
        "XSUAA_HOST": "127.0.0.1",
        "XSUAA_TLS_PORT": "0",
        "XSUAA_WORKERS": "1",
        "XSUAA_BROKER_USER": USER,
        "XSUAA_BROKER_PASSWORD": PASSWORD,
        "XSUAA_MASTER_KEYS": bench.databases.master_keys,
        "XSUAA_FAILURE_LIMIT": "20",
        # As in the deployment files.
        "MALLOC_ARENA_MAX": "1",
        **settings,
    }
    if IFMA_VARIABLE in os.environ:
        given[IFMA_VARIABLE] = os.environ[IFMA_VARIABLE]
    return Server(directory, database_url=database_url, **given)  # type: ignore[arg-type]
