"""Results: tables of figures, printed as Markdown and written as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGERS_FROM = 100.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures by name; a row may lack some of them."""

    title: str
    rows: Mapping[str, Mapping[str, float]]
    note: str = ""

    @property
    def columns(self) -> list[str]:
        """The names of all figures, in order of appearance."""
        return list(dict.fromkeys(name for row in self.rows.values() for name in row))


def markdown(table: Table) -> str:
    """Return the table with its title."""
    lines = [f"### {table.title}", ""]
    lines.append("| | " + " | ".join(table.columns) + " |")
    lines.append("|---|" + "---:|" * len(table.columns))
    for name, row in table.rows.items():
        cells = [shown(row[column]) if column in row else "" for column in table.columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, *(["", table.note] if table.note else []), ""])


def shown(value: float) -> str:
    """Return the figure with as many digits as it deserves."""
    return f"{value:,.0f}" if abs(value) >= _INTEGERS_FROM else f"{value:.3g}"
