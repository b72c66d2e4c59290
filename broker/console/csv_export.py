"""Lists as CSV files (RFC 4180), safe to open in a spreadsheet (TH-22)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.console.tables import Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full width
_MARK = "\N{BYTE ORDER MARK}"
"""Without it, spreadsheets read the file in the encoding of the system."""


def csv_of(table: Table, headings: list[str]) -> str:
    """Return the rows with these headings."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    writer.writerows([guarded(cell.exported) for cell in row] for row in table.rows)
    return _MARK + text.getvalue()


def guarded(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.lstrip(" \N{NO-BREAK SPACE}").startswith(_FORMULA) else text
