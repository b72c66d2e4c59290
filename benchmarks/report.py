"""Results: tables of figures, printed as Markdown and written to the documentation."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DOCUMENT = Path(__file__).parents[1] / "docs/performance.md"
DATA = DOCUMENT.with_suffix(".json")

_BEGIN = "<!-- figures: make bench BENCH_ARGS=--write -->"
_END = "<!-- end of figures -->"
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


def markdown_of_facts(facts: Mapping[str, str]) -> str:
    """Return the facts as a table."""
    rows = [f"| {name} | {value} |" for name, value in facts.items()]
    return "\n".join(["### Machine", "", "| | |", "|---|---|", *rows, ""])


def shown(value: float) -> str:
    """Return the figure with three significant digits, or as an integer from 100 on."""
    return f"{value:,.0f}" if abs(value) >= _INTEGERS_FROM else f"{value:.3g}"


def write(
    sections: Sequence[str],
    facts: Mapping[str, str],
    tables: Mapping[str, Table],
    verdicts: Sequence[Mapping[str, object]],
) -> None:
    """Replace the text between the markers of the document; write the same figures as JSON."""
    before, begin, rest = DOCUMENT.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{DOCUMENT.name} lacks its markers {_BEGIN} and {_END}")
    figures = "\n".join(sections)
    DOCUMENT.write_text(f"{before}{begin}\n\n{figures}\n{end}{after}")
    document = {
        "machine": facts,
        "tables": {name: asdict(table) for name, table in tables.items()},
        "targets": verdicts,
    }
    DATA.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
