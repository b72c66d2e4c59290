"""Distribution-free verdicts of paired ratios about a bound."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT, MISSED, OPEN = "kept", "MISSED", "not decided"

_CHANCE = 0.05
"""At most with this probability the median of all possible rounds lies below the interval.

The same goes for above it.
"""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Ratios new ÷ old, one of each round."""

    ratios: Sequence[float]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.ratios)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third."""
        if len(self.ratios) == 1:
            return self.ratios[0], self.ratios[0]
        first, _, third = quantiles(self.ratios, method="inclusive")
        return first, third

    @property
    def interval(self) -> tuple[float, float]:
        """An interval for the median by the sign test; of few rounds their range."""
        ordered, rank = sorted(self.ratios), max(1, self._rank)
        return ordered[rank - 1], ordered[-rank]

    @property
    def are_enough(self) -> bool:
        """Whether the interval has the required confidence."""
        return self._rank > 0

    @property
    def _rank(self) -> int:
        """Which of the ratios in order begins the interval, from 1; 0 if there are too few."""
        number = len(self.ratios)
        rank, chance = 0, 0.5**number
        while chance <= _CHANCE:
            rank += 1
            chance += comb(number, rank) * 0.5**number
        return rank

    def verdict(self, bound: float) -> str:
        """Return whether the whole interval keeps the bound or misses it."""
        low, high = self.interval
        if not self.are_enough or low <= bound < high:
            return OPEN
        return MISSED if low > bound else KEPT
