"""A server of one version beside that of another, with separate CPU times."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psycopg

from benchmarks.cores import all_cores, server_core
from benchmarks.load import MeasurementSpoiledError
from benchmarks.measured import cpu_seconds
from benchmarks.measured_server import measured_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.measured import Measured

WRITING_SECONDS = 1
"""Interval at which uses of credentials are written: short, to avoid long waits."""

_SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid != pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """A running server."""

    what: Measured
    """The server's processes, without those of PostgreSQL."""
    port: int
    database_url: str

    def cpu_seconds(self) -> float:
        """Return the CPU time so far, including that of its sessions in PostgreSQL.

        Background work of PostgreSQL is attributed to neither version.
        """
        pids = [*self.what.pids, *_sessions(self.database_url)]
        return cpu_seconds(replace(self.what, pids=pids))


@contextmanager
def contender(
    bench: Bench, name: str, tree: Path, database_url: str, workers: int
) -> Iterator[Contender]:
    """Run the server of a tree; raise MeasurementSpoiledError when it does not start."""
    starting = measured_server(
        bench,
        name,
        server_core() if workers == 1 else all_cores(),
        database_url,
        PYTHONPATH=str(tree),
        XSUAA_WORKERS=str(workers),
        XSUAA_USAGE_FLUSH_INTERVAL=str(WRITING_SECONDS),
        # Of the database, as each start has a directory of its own (D-62).
        XSUAA_STATE_DIR=str(bench.directory / f"state-{database_url.rpartition('/')[2]}"),
    )
    with ExitStack() as stack:
        try:
            server, what = stack.enter_context(starting)
        except RuntimeError as error:
            raise MeasurementSpoiledError(f"{name}: {error}") from error
        yield Contender(replace(what, pids=[server.pid]), server.port, database_url)
    # Logs of many servers, a line for each token, take more space than the databases.
    shutil.rmtree(server.directory)


def _sessions(database_url: str) -> Sequence[int]:
    if database_url.startswith("sqlite"):
        return ()
    url = database_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url) as connection:
        return [pid for (pid,) in connection.execute(_SESSIONS)]
