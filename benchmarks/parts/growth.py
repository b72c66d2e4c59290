"""Cost of tokens by number of bindings; one worker on one core, SQLite."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cores import server_core
from benchmarks.measured_server import measured_server
from benchmarks.population import BINDINGS_PER_INSTANCE
from benchmarks.report import Table
from benchmarks.samples import figures

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from benchmarks.databases import Populated
    from benchmarks.measured import Measured
    from benchmarks.samples import Sample

FEWEST = 1_000
ON_ONE_INSTANCE = f"{FEWEST:,} bindings on one instance"
TO_FEWEST, CPU_TO_FEWEST = "÷ fewest", "CPU of fewest ÷"

_USES_BEFORE = 2
"""Average uses per credential; drawn at random, six of seven are used at least once."""


def measure(bench: Bench) -> Table:
    """Compare servers of different databases in the same rounds."""
    sizes = [FEWEST, bench.effort.bindings, bench.effort.max_bindings]
    with ExitStack() as stack:
        subjects = {row(size): _server(bench, stack, size) for size in sizes}
        subjects[ON_ONE_INSTANCE] = _server(bench, stack, FEWEST, instances=1)
        samples: dict[str, list[Sample]] = {name: [] for name in subjects}
        for what, populated in subjects.values():
            # First uses are more expensive, and few credentials have few of them.
            uses = _USES_BEFORE * len(populated.known)
            bench.ask(what, populated.token_requests, answers=uses)
        for number in bench.rounds():
            for name, (what, populated) in subjects.items():
                samples[name].append(bench.sample(what, populated.token_requests))
                bench.say_sample(number, name, samples[name][-1])
    rows = {}
    for name, found in samples.items():
        pairs = list(zip(found, samples[row(FEWEST)], strict=True))
        rows[name] = figures(found) | {
            TO_FEWEST: median(many.load.rate / few.load.rate for many, few in pairs),
            CPU_TO_FEWEST: median(few.cpu / many.cpu for many, few in pairs),
        }
    return Table(
        "Growth: SQLite, one worker on one core, 16 connections,"
        f" {BINDINGS_PER_INSTANCE} bindings per instance unless stated otherwise",
        rows,
    )


def row(size: int) -> str:
    """Return the name of a row."""
    return f"{size:,} bindings"


def _server(
    bench: Bench, stack: ExitStack, size: int, instances: int | None = None
) -> tuple[Measured, Populated]:
    databases, name = bench.databases, f"growth_{size}_{instances or 'usual'}"
    populated = databases.on_sqlite(size, instances)
    is_shared = size == bench.effort.bindings
    url = databases.copy(populated, name) if is_shared else databases.taken(populated, name)
    server = measured_server(bench, name, server_core(), url)
    return stack.enter_context(server)[1], populated
