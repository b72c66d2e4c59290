"""Tables in terminal output, at most 80 characters wide unless the terminal is wider."""

from __future__ import annotations

import re
import shutil
import sys
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

import click

from broker.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

WIDTH = 80
"""Characters of a line where the output is no terminal, and the least of a terminal."""

SHORT_ID = 8
"""Characters of an id in a table, which commands take for the whole one."""

_GAP = "  "
_SHORTEST = 6
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

wide_option = click.option("--wide", is_flag=True, help="Print all columns, untruncated.")


class Id(str):
    """An id, of which a table shows the first characters if it is a GUID."""

    __slots__ = ()


def print_table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str,
    is_complete: bool = False,
    wide_only: Collection[str] = (),
) -> None:
    """Print rows below their header in aligned columns; without rows, print ``empty``.

    Unless ``is_complete``, ids are short, columns in ``wide_only`` are left out, and long texts are
    shortened in the middle.
    """
    shown = [at for at, name in enumerate(header) if is_complete or name not in wide_only]
    cells = [[row[at] for at in shown] for row in rows]
    names = [header[at] for at in shown]
    if not cells:
        click.echo(empty)
        return
    texts = [[_text(cell, is_complete=is_complete) for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    if not is_complete:
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
        _fit(widths, names, [_is_fixed(column) for column in zip(*cells, strict=True)], columns)
    click.secho(_line(names, widths), bold=True)
    for row in texts:
        click.echo(_line(row, widths))


def format_cell(value: object) -> str:
    """Return a cell as text: times to the second in UTC, None and "" as a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return utc_text(value)
    # Values that clients sent may contain control characters, which a terminal would execute.
    return "".join(char if char.isprintable() else "?" for char in str(value))


def shortened(text: str, width: int) -> str:
    """Return the text, shortened in the middle if too long: names and ids differ at both ends."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def _text(cell: object, *, is_complete: bool) -> str:
    text = format_cell(cell)
    is_short = isinstance(cell, Id) and not is_complete and _GUID.fullmatch(text)
    return text[:SHORT_ID] if is_short else text


def _is_fixed(column: Iterable[object]) -> bool:
    """Return whether the column has only times, numbers and known words, useless if shortened."""
    return all(isinstance(cell, datetime | int | Enum | None) for cell in column)


def _fit(widths: list[int], names: Sequence[str], fixed: Sequence[bool], columns: int) -> None:
    """Shorten the widest columns until the table fits."""
    least = [max(len(name), _SHORTEST) for name in names]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > max(columns, WIDTH):
        candidates = [at for at, width in enumerate(widths) if not fixed[at] and width > least[at]]
        if not candidates:
            return
        widths[max(candidates, key=widths.__getitem__)] -= 1


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        shortened(cell, width).ljust(width) for cell, width in zip(cells, widths, strict=True)
    )
    return _GAP.join(padded).rstrip()
