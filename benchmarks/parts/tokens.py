"""Tokens for client secrets: one worker on one core, on SQLite, the load from another core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.bench import Bench, Measured, Sample, figures
from benchmarks.cores import server_core
from benchmarks.measured_server import measured_server
from benchmarks.report import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECTIONS = (1, 16, 64)


def measure(bench: Bench) -> Table:
    """Compare with the signatures that the same core can make."""
    populated = bench.populated(bench.effort.bindings)
    database_url = bench.sqlite_copy(populated, "tokens")
    samples: Mapping[int, list[Sample]] = {connections: [] for connections in CONNECTIONS}
    with measured_server(
        bench.directory / "tokens",
        server_core(),
        database_url=database_url,
        master_keys=bench.master_keys,
    ) as server:
        what = Measured(f"http://127.0.0.1:{server.port}", server_core(), [server.pid])
        bench.load.run(what.url, populated.token_requests, connections=16, seconds=1)
        for number in range(bench.effort.rounds):
            for connections in CONNECTIONS:
                sample = bench.sample(what, populated.token_requests, connections=connections)
                samples[connections].append(sample)
                bench.say_sample(f"tokens, {connections} connections", number, sample)
    return Table(
        f"Tokens for client secrets, SQLite with {bench.effort.bindings:,} bindings, one worker on"
        " one core",
        {f"{connections} connections": figures(found) for connections, found in samples.items()},
    )
