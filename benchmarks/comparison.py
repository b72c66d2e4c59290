"""Two versions of the server side by side: figures of each round, a table and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.pairs import MISSED, OPEN, Pairs
from benchmarks.report import Table
from benchmarks.versions import NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BOUND = 1.02
"""Maximum of new ÷ old, for CPU time per token and for memory."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one version in one round."""

    cpu: float
    """CPU time per token in microseconds."""
    own: float
    """Unshared memory of a worker in megabytes."""
    server: float
    """Memory of all processes of the server in megabytes; shared pages in proportion."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rounds of one configuration, each with the figures of both versions."""

    name: str
    rounds: Sequence[Mapping[str, Figures]]

    @property
    def cpu(self) -> Pairs:
        """CPU time per token."""
        return self._pairs(lambda figures: figures.cpu)

    @property
    def memory(self) -> Pairs:
        """Memory of a worker."""
        return self._pairs(lambda figures: figures.own)

    @property
    def is_missed(self) -> bool:
        """Whether a bound is clearly exceeded."""
        return MISSED in {self.cpu.verdict(BOUND), self.memory.verdict(BOUND)}

    @property
    def row(self) -> Mapping[str, float]:
        """The figures by the names of their columns."""
        return {
            "old µs": self._middle(OLD, lambda figures: figures.cpu),
            "new µs": self._middle(NEW, lambda figures: figures.cpu),
            **spread("CPU", self.cpu),
            "old MB": self._middle(OLD, lambda figures: figures.own),
            "new MB": self._middle(NEW, lambda figures: figures.own),
            **spread("memory", self.memory),
            "PSS %": percent(self._pairs(lambda figures: figures.server).middle),
        }

    @property
    def verdict(self) -> str:
        """One line about both bounds."""
        return (
            f"{self.name}: CPU per token {sentence(self.cpu)};"
            f" memory of a worker {sentence(self.memory)}"
        )

    def _pairs(self, figure: Callable[[Figures], float]) -> Pairs:
        return Pairs([figure(each[NEW]) / figure(each[OLD]) for each in self.rounds])

    def _middle(self, version: str, figure: Callable[[Figures], float]) -> float:
        return median(figure(each[version]) for each in self.rounds)


def table(title: str, comparisons: Sequence[Comparison]) -> Table:
    """Return one row for each configuration."""
    return Table(
        title,
        {each.name: each.row for each in comparisons},
        "CPU % and memory % are medians of new ÷ old of each round, less 100; from and to are the"
        " ends of an interval for that median (sign test, at most 5 % on either side), the"
        " quartiles those of the rounds. MB: memory of a worker's own; PSS: of the whole server,"
        " with whatever it has mapped of an SQLite file.",
    )


def markdown_of_verdicts(comparisons: Sequence[Comparison]) -> str:
    """Return the verdicts as a list."""
    heading = f"### At most {percent(BOUND):.0f} % more CPU time per token, and memory likewise"
    return "\n".join([heading, "", *(f"- {each.verdict}" for each in comparisons), ""])


def spread(name: str, pairs: Pairs) -> Mapping[str, float]:
    """Return median, interval and quartiles of the ratios as columns."""
    low, high = pairs.interval
    first, third = pairs.quartiles
    return {
        f"{name} %": percent(pairs.middle),
        f"{name} from": percent(low),
        f"{name} to": percent(high),
        f"{name} quartile 1": percent(first),
        f"{name} quartile 3": percent(third),
    }


def sentence(pairs: Pairs) -> str:
    """Return median, interval and the verdict about the bound in words."""
    low, high = map(percent, pairs.interval)
    verdict = pairs.verdict(BOUND)
    advice = ", more rounds would tell" if verdict == OPEN else ""
    return f"{percent(pairs.middle):+.1f} % ({low:+.1f} to {high:+.1f}), {verdict}{advice}"


def percent(ratio: float) -> float:
    """Return the excess of the ratio over 1 in percent."""
    return (ratio - 1) * 100
