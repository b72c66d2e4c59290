"""Memory of each worker, idle and after many tokens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

import psutil

from benchmarks.cores import all_cores
from benchmarks.measured_server import measured_server
from benchmarks.report import Table
from broker.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.measured import Measured

WORKER = "worker, memory of its own"
IDLE, WARM, AFTER, GROWTH = "idle MB", "warm MB", "at the end MB", "end ÷ warm"

_RESIDENT = "worker, with shared memory (RSS)"
_SERVER = "all processes of the server (PSS)"
_FILLING_TOKENS = 160_000
"""For two workers, until freed memory satisfies further allocations."""
_STEP_SECONDS = 5

_COUNTING_SECONDS = Settings.model_fields["usage_flush_interval"].default


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes; those of workers are the mean of all."""

    own: float
    """Unshared memory of a worker."""
    resident: float
    """Memory of a worker, including shared pages."""
    server: float
    """Memory of all processes; shared pages in proportion."""


def measure(bench: Bench) -> Table:
    """Compare the end with a server whose caches were full when it began."""
    populated = bench.databases.on_sqlite(bench.effort.bindings)
    url, tokens = bench.databases.copy(populated, "memory"), bench.effort.tokens_for_memory
    server = measured_server(bench, "memory", all_cores(), url, XSUAA_WORKERS="2")
    with server as (_, what):
        idle = memory_of(what)
        warm = _after(bench, what, populated.token_requests, min(2 * tokens, _FILLING_TOKENS))
        end = _after(bench, what, populated.token_requests, tokens)
    return Table(
        f"Memory: SQLite, two workers, {tokens:,} tokens after caches were filled",
        {
            WORKER: _row(idle.own, warm.own, end.own),
            _RESIDENT: _row(idle.resident, warm.resident, end.resident),
            _SERVER: _row(idle.server, warm.server, end.server),
        },
    )


def _row(idle: float, warm: float, end: float) -> dict[str, float]:
    return {IDLE: idle, WARM: warm, AFTER: end, GROWTH: end / warm}


def _after(bench: Bench, what: Measured, requests: Path, tokens: int) -> Memory:
    answered = bench.ask(what, requests, answers=tokens, step_seconds=_STEP_SECONDS)
    bench.say(f"{answered:,} more tokens for the memory of workers")
    # Counted uses take a varying amount of memory until they are written.
    time.sleep(_COUNTING_SECONDS + 1)
    return memory_of(what)


def memory_of(what: Measured) -> Memory:
    """Return the memory of a server, without PostgreSQL's processes."""
    processes = [each for pid in what.pids for each in _tree(pid)]
    workers = [each for each in processes if _is_worker(each)]
    return Memory(
        own=mean(_written(each) for each in workers) / 1e6,
        resident=mean(each.memory_info().rss for each in workers) / 1e6,
        server=sum(each.memory_full_info().pss for each in processes) / 1e6,
    )


def _written(process: psutil.Process) -> int:
    """Return the private bytes of this process that are not backed by a file.

    Database pages mapped by a single worker are excluded.
    """
    return sum(each.private_dirty for each in process.memory_maps(grouped=False))


def _tree(pid: int) -> Sequence[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _is_worker(process: psutil.Process) -> bool:
    """Return whether the process is a worker: it has no children and is no resource tracker."""
    return not process.children() and "resource_tracker" not in " ".join(process.cmdline())
