"""Broker operations of the working tree's server beside those of another commit: CPU time of each.

As with tokens, each round restarts both servers and loads them at once on one core.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.comparison import BOUND, percent, sentence, spread
from benchmarks.contender import contender
from benchmarks.osb_client import Platform
from benchmarks.pairs import MISSED, Pairs
from benchmarks.report import Table
from benchmarks.versions import NEW, OLD, VERSIONS
from tests.support.platform import a_descriptor, credential_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.contender import Contender

_CALLS = 100
_WARM_UP = 20
_DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
_DESCRIPTOR = a_descriptor(oauth2_configuration=credential_types("binding-secret"))


@dataclass(frozen=True, slots=True)
class OperationComparison:
    """Seconds of CPU time for one operation on one kind of database, by round and version."""

    name: str
    rounds: Sequence[Mapping[str, float]]

    @property
    def pairs(self) -> Pairs:
        """New ÷ old of each round."""
        return Pairs([each[NEW] / each[OLD] for each in self.rounds])

    @property
    def is_missed(self) -> bool:
        """Whether the operation is clearly slower than the bound allows."""
        return self.pairs.verdict(BOUND) == MISSED

    @property
    def row(self) -> Mapping[str, float]:
        """The figures by the names of their columns."""
        milliseconds = {
            f"{version} ms": Pairs([each[version] * 1e3 for each in self.rounds]).middle
            for version in VERSIONS
        }
        return {**milliseconds, **spread("CPU", self.pairs)}

    @property
    def verdict(self) -> str:
        """One line about the bound."""
        return f"{self.name}: {sentence(self.pairs)}"


def measure(bench: Bench, trees: Mapping[str, Path]) -> list[OperationComparison]:
    """Compare provision, bind and unbind on both kinds of databases."""
    found: dict[str, list[dict[str, float]]] = {}
    for kind, title in _DATABASES.items():
        starts = count(1)
        urls = {each: bench.databases.empty(kind, f"operations_{kind}_{each}") for each in VERSIONS}
        for number in bench.rounds():
            order = VERSIONS if number % 2 else VERSIONS[::-1]
            with ExitStack() as stack:
                running = {
                    each: stack.enter_context(
                        contender(
                            bench, f"operations_{kind}_{next(starts)}", trees[each], urls[each], 1
                        )
                    )
                    for each in order
                }
                for operation, seconds in _round(bench, running).items():
                    found.setdefault(f"{operation}, {title}", []).append(seconds)
            bench.say(
                f"Round {number} of {bench.effort.rounds}, {title}, CPU new ÷ old: "
                + ", ".join(
                    f"{name.partition(',')[0]} {rounds[-1][NEW] / rounds[-1][OLD]:.3f}"
                    for name, rounds in found.items()
                    if name.endswith(title)
                )
            )
    return [OperationComparison(name, rounds) for name, rounds in found.items()]


def table(title: str, comparisons: Sequence[OperationComparison]) -> Table:
    """Return one row for each operation and kind of database."""
    return Table(
        title,
        {each.name: each.row for each in comparisons},
        f"Milliseconds of CPU time of the server and its database sessions, {_CALLS} calls per"
        " round from one client. CPU % is the median of new ÷ old of each round, less 100; from"
        " and to are the ends of an interval for it (sign test, at most 5 % on either side).",
    )


def markdown_of_verdicts(comparisons: Sequence[OperationComparison]) -> str:
    """Return the verdicts as a list."""
    heading = f"### At most {percent(BOUND):.0f} % more CPU time per operation"
    return "\n".join([heading, "", *(f"- {each.verdict}" for each in comparisons), ""])


def _round(bench: Bench, running: Mapping[str, Contender]) -> dict[str, dict[str, float]]:
    with ExitStack() as stack:
        clients = {
            version: _Client(stack.enter_context(closing(Platform(each.port))))
            for version, each in running.items()
        }
        for client in clients.values():
            client.warm_up()
        result = {}
        for operation in ("provision", "bind", "unbind"):
            bench.wait_until_idle()
            before = {version: each.cpu_seconds() for version, each in running.items()}
            with ThreadPoolExecutor(len(clients)) as loads:
                list(loads.map(lambda each, name=operation: each.repeat(name), clients.values()))
            result[operation] = {
                version: (each.cpu_seconds() - before[version]) / _CALLS
                for version, each in running.items()
            }
    return result


class _Client:
    """One connection with an instance whose bindings it creates and deletes."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._instance = platform.provision(_DESCRIPTOR)
        self._bindings: list[str] = []

    def warm_up(self) -> None:
        for _ in range(_WARM_UP):
            self._provision()
            self._bind()
            self._unbind()

    def repeat(self, operation: str) -> None:
        step = {"provision": self._provision, "bind": self._bind, "unbind": self._unbind}[operation]
        for _ in range(_CALLS):
            step()

    def _provision(self) -> None:
        self._platform.provision(_DESCRIPTOR)

    def _bind(self) -> None:
        self._bindings.append(self._platform.bind(self._instance, {}))

    def _unbind(self) -> None:
        self._platform.unbind(self._instance, self._bindings.pop())
