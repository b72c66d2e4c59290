"""Tables in terminal output."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows below their header in aligned columns; without rows, print ``empty``."""
    texts = [[format_cell(cell) for cell in row] for row in rows]
    if not texts:
        click.echo(empty)
        return
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    click.secho(_line(header, widths), bold=True)
    for row in texts:
        click.echo(_line(row, widths))


def format_cell(value: object) -> str:
    """Return a cell as text: times to the second in UTC, None and "" as a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    # Values that clients sent may contain control characters, which a terminal would execute.
    return "".join(char if char.isprintable() else "?" for char in str(value))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()
