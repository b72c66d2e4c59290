"""The geometry of charts; templates draw them as SVG, each with a table of its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 640, 160
SPARK_WIDTH, SPARK_HEIGHT = 120, 24
_MIN_BAR = 1


class Bar(NamedTuple):
    """A rectangle of a chart; ``value`` is what it shows, ``series`` its index."""

    x: float
    y: float
    width: float
    height: float
    value: int
    series: int = 0


def _bar(  # noqa: PLR0913, PLR0917 - as of Bar
    x: float, y: float, width: float, height: float, value: int, series: int = 0
) -> Bar:
    return Bar(round(x, 2), round(y, 2), round(width, 2), round(height, 2), value, series)


def spark(numbers: Sequence[int]) -> list[Bar]:
    """Return a bar for each number; a number above zero is always visible."""
    if not numbers:
        return []
    highest, width = max(numbers) or 1, SPARK_WIDTH / len(numbers)
    bars = []
    for index, number in enumerate(numbers):
        height = max(_MIN_BAR, SPARK_HEIGHT * number / highest) if number > 0 else 0
        bars.append(_bar(index * width, SPARK_HEIGHT - height, max(1, width - 1), height, number))
    return bars


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over time, one for each day of ``days`` and each name, which are message keys."""

    days: tuple[date, ...]
    numbers: Mapping[str, tuple[int, ...]]

    @property
    def highest(self) -> int:
        """The largest sum of a day."""
        return max((sum(each) for each in zip(*self.numbers.values(), strict=True)), default=0)

    def bars(self) -> list[Bar]:
        """Return the stacked bars of all days, the first series at the bottom."""
        if not self.days:
            return []
        highest, width = self.highest or 1, WIDTH / len(self.days)
        gap = min(2.0, width / 4)
        bars = []
        for day in range(len(self.days)):
            top = float(HEIGHT)
            for index, numbers in enumerate(self.numbers.values()):
                height = HEIGHT * numbers[day] / highest
                top -= height
                if height:
                    bars.append(_bar(day * width, top, width - gap, height, numbers[day], index))
        return bars


@dataclass(frozen=True, slots=True)
class Span:
    """A line of a timeline: what ends at ``end``; ``detail`` is beside the name."""

    name: str
    start: datetime
    end: datetime
    detail: str = ""

    def position(self, now: datetime, horizon: timedelta) -> tuple[float, float]:
        """Return start and width of the line in percent, from now until ``horizon`` from now."""
        left = max(timedelta(), self.start - now) / horizon
        right = min(horizon, max(timedelta(), self.end - now)) / horizon
        return round(left * 100, 2), round(max(0.0, right - left) * 100, 2)


@dataclass(frozen=True, slots=True)
class Step:
    """A state in a line of steps; ``label`` is a message key."""

    label: str
    is_done: bool = False
    is_current: bool = False
