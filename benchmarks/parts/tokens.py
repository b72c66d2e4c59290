"""Tokens for client secrets: one worker on one core, on both databases, the load from elsewhere."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.cores import server_core
from benchmarks.measured_server import measured_server
from benchmarks.report import Table
from benchmarks.samples import figures

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.samples import Sample

CONNECTIONS = (1, 16, 64)
SQLITE, POSTGRES = "SQLite", "PostgreSQL"


def measure(bench: Bench) -> Table:
    """Compare with the signature rate of the same core."""
    databases, bindings = bench.databases, bench.effort.bindings
    samples: dict[str, list[Sample]] = {}
    with ExitStack() as stack:
        subjects = {}
        for kind, populated in (
            (SQLITE, databases.on_sqlite(bindings)),
            (POSTGRES, databases.on_postgres(bindings)),
        ):
            name = f"tokens_{kind.lower()}"
            url = databases.copy(populated, name)
            _, what = stack.enter_context(measured_server(bench, name, server_core(), url))
            subjects[kind] = what, populated.token_requests
            bench.warm_up(*subjects[kind])
        for number in bench.rounds():
            for connections in CONNECTIONS:
                for kind, (what, requests) in subjects.items():
                    found = bench.sample(what, requests, connections=connections)
                    name = row(connections, kind)
                    samples.setdefault(name, []).append(found)
                    bench.say_sample(number, f"tokens, {name}", found)
    return Table(
        f"Tokens on one core: {bindings:,} bindings, one worker, the load from the other core",
        {name: figures(samples[name]) for name in sorted(samples, key=_order)},
        "PostgreSQL itself may use every core.",
    )


def row(connections: int, database: str = SQLITE) -> str:
    """Return the name of a row."""
    return f"{database}, {connections} connection{'s'[: connections > 1]}"


def _order(name: str) -> tuple[bool, int]:
    database, _, connections = name.partition(", ")
    return database != SQLITE, int(connections.split()[0])
