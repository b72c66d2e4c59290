"""Tokens for client secrets: one worker on one core, on SQLite, the load from another core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.cores import server_core
from benchmarks.measured_server import measured_server
from benchmarks.report import Table
from benchmarks.samples import figures

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.samples import Sample

CONNECTIONS = (1, 16, 64)


def measure(bench: Bench) -> Table:
    """Compare with the signatures that the same core can make."""
    populated = bench.databases.on_sqlite(bench.effort.bindings)
    requests = populated.token_requests
    url = bench.databases.copy(populated, "tokens")
    samples: dict[int, list[Sample]] = {connections: [] for connections in CONNECTIONS}
    with measured_server(bench, "tokens", server_core(), url) as (_, what):
        bench.warm_up(what, requests)
        for number in bench.rounds():
            for connections, found in samples.items():
                found.append(bench.sample(what, requests, connections=connections))
                bench.say_sample(number, f"tokens over {row(connections)}", found[-1])
    return Table(
        f"Tokens on one core: SQLite, {bench.effort.bindings:,} bindings, one worker, the load"
        " from the other core",
        {row(connections): figures(found) for connections, found in samples.items()},
    )


def row(connections: int) -> str:
    """Return the name of a row."""
    return f"{connections} connection{'s'[: connections > 1]}"
