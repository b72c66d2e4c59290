"""Results as a Markdown table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of each row."""

    name: str
    figure: Callable[[list[float]], float]


def print_table(title: str, columns: Sequence[Column], rows: Mapping[str, list[float]]) -> None:
    """Print a row of figures for each list of measurements."""
    print(f"\n{title}\n")
    print("| case | " + " | ".join(column.name for column in columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for name, values in rows.items():
        print(f"| {name} | " + " | ".join(f"{each.figure(values):.0f}" for each in columns) + " |")
