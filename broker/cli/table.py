"""Tables in terminal output."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_GAP = "  "
_SHORTEST = 40
"""Columns that a terminal does not shorten further: more than an id."""


def print_table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str,
    is_complete: bool = False,
) -> None:
    """Print rows below their header in aligned columns; without rows, print ``empty``.

    On a terminal, long texts are shortened to its width unless ``is_complete``.
    """
    texts = [[format_cell(cell) for cell in row] for row in rows]
    if not texts:
        click.echo(empty)
        return
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    if sys.stdout.isatty() and not is_complete:
        _fit(widths, shutil.get_terminal_size().columns)
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


def _fit(widths: list[int], columns: int) -> None:
    """Shorten the widest columns until the table fits; ids and times keep their full width."""
    while sum(widths) + len(_GAP) * (len(widths) - 1) > columns:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= _SHORTEST:
            return
        widths[widest] -= 1


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (_cut(cell, width).ljust(width) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: width - 1]}…"
