"""The working tree's server beside that of another commit: CPU time per token, and memory.

Each round restarts both, as the speed of each process varies by chance, and then loads them at once
on the same cores: the system lets them take turns of milliseconds, so that neighbours slow both
down alike. Both have a copy of one database at the working tree's schema,
which only adds to any earlier one.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, groupby
from typing import TYPE_CHECKING, TypeVar

from benchmarks.comparison import Comparison, Figures
from benchmarks.contender import WRITING_SECONDS, contender
from benchmarks.earlier_format import knows_owners, write_earlier_format
from benchmarks.exact_tokens import fetch_tokens
from benchmarks.load import MeasurementSpoiledError
from benchmarks.parts.using_memory import memory_of
from benchmarks.versions import NEW, OLD, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.contender import Contender

T = TypeVar("T")

ROUNDS = 20
"""The default number of rounds."""

_SQLITE, _POSTGRES = "SQLite", "PostgreSQL"
_WORKERS = {1: "one worker", 2: "two workers"}

_TRIES = 5
_TIMEOUT_SECONDS = 10
"""Four workers and two load generators share two cores, so some responses are late."""
_ROUNDS_FOR_MEMORY = 20
"""The number of rounds that issue the tokens of the part ``memory`` before memory is measured."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A kind of database, and a number of workers."""

    database: str
    workers: int

    def __str__(self) -> str:
        return f"{self.database}, {_WORKERS[self.workers]}"


CONFIGURATIONS = tuple(
    Configuration(database, workers) for database in (_SQLITE, _POSTGRES) for workers in _WORKERS
)


def measure(
    bench: Bench,
    trees: Mapping[str, Path],
    configurations: Sequence[Configuration] = CONFIGURATIONS,
) -> list[Comparison]:
    """Compare the servers of both trees in each of the configurations."""
    found = []
    for kind, several in groupby(configurations, lambda each: each.database):
        contest = _Contest(bench, trees, kind)
        _at_last(bench, contest.use_everything)
        found += [contest.result(each) for each in several]
    return found


def _at_last(bench: Bench, work: Callable[[], T]) -> T:
    """Repeat measurements spoilt by a busy machine, a few times."""
    for _ in range(_TRIES - 1):
        try:
            return work()
        except MeasurementSpoiledError as error:
            bench.say(f"Repeating: {error}")
    return work()


class _Contest:
    """Both versions on one kind of database, each with its own database."""

    def __init__(self, bench: Bench, trees: Mapping[str, Path], kind: str) -> None:
        databases = bench.databases
        made = databases.on_sqlite if kind == _SQLITE else databases.on_postgres
        self._bench, self._trees = bench, trees
        self._populated = made(bench.effort.bindings)
        self._name = f"against_{kind.lower()}"
        self._urls = {
            version: databases.copy(self._populated, f"{self._name}_{version}")
            for version in VERSIONS
        }
        if not knows_owners(trees[OLD]):
            write_earlier_format(self._urls[OLD], databases.master_keys)
        self._starts = count(1)

    def use_everything(self) -> None:
        """Use each credential once, as its first use is more expensive."""
        known = self._populated.known
        self._bench.say(f"Using {len(known):,} credentials on both sides ({self._name})")
        with ExitStack() as stack:
            running = [stack.enter_context(self._contender(each, 2)) for each in VERSIONS]
            for each in running:
                fetch_tokens(each.port, known)
            _let_write()

    def result(self, configuration: Configuration) -> Comparison:
        """Measure every round."""
        rounds = []
        for number in self._bench.rounds():
            work = partial(self._round, configuration, number)
            rounds.append(_at_last(self._bench, work))
            self._say(configuration, number, rounds[-1])
        return Comparison(str(configuration), rounds)

    def _say(self, configuration: Configuration, number: int, found: Mapping[str, Figures]) -> None:
        old, new = found[OLD], found[NEW]
        self._bench.say(
            f"Round {number} of {self._bench.effort.rounds}, {configuration}:"
            f" {new.cpu:,.0f} µs of CPU per token instead of {old.cpu:,.0f}, ratio"
            f" {new.cpu / old.cpu:.3f}; {new.own:.1f} MB instead of {old.own:.1f}"
        )

    def _round(self, configuration: Configuration, number: int) -> Mapping[str, Figures]:
        order = VERSIONS if number % 2 else VERSIONS[::-1]
        workers = configuration.workers
        with ExitStack() as stack:
            running = {each: stack.enter_context(self._contender(each, workers)) for each in order}
            self._warm_up(running)
            memory = {each: memory_of(running[each].what) for each in order}
            cpu = self._cpu_per_token(running)
        return {
            each: Figures(cpu[each] * 1e6, memory[each].own, memory[each].server)
            for each in VERSIONS
        }

    def _contender(self, version: str, workers: int) -> AbstractContextManager[Contender]:
        name = f"{self._name}_{version}_{next(self._starts)}"
        return contender(self._bench, name, self._trees[version], self._urls[version], workers)

    def _warm_up(self, running: Mapping[str, Contender]) -> None:
        """Fetch the same tokens from both before the memory is compared."""
        number = self._bench.effort.tokens_for_memory // _ROUNDS_FOR_MEMORY
        clients = random.choices(self._populated.known, k=number)
        for each in running.values():
            fetch_tokens(each.port, clients)
        _let_write()

    def _cpu_per_token(self, running: Mapping[str, Contender]) -> Mapping[str, float]:
        """Return seconds; a slowdown of the processor affects both."""
        self._bench.wait_until_idle()
        before = {version: each.cpu_seconds() for version, each in running.items()}
        with ThreadPoolExecutor(len(running)) as loads:
            answered = dict(zip(running, loads.map(self._load, running.values()), strict=True))
        _let_write()
        return {
            version: (each.cpu_seconds() - before[version]) / answered[version]
            for version, each in running.items()
        }

    def _load(self, each: Contender) -> int:
        load = replace(self._bench.load, timeout_seconds=_TIMEOUT_SECONDS).run(
            each.what.url,
            self._populated.token_requests,
            connections=16,
            seconds=2 * self._bench.effort.load_seconds,
        )
        return load.requests


def _let_write() -> None:
    """Wait until uses of credentials are written, which takes both memory and CPU time."""
    time.sleep(WRITING_SECONDS + 1)
