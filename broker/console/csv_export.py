"""Lists as CSV files (RFC 4180), safe to open in a spreadsheet (TH-22)."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from broker.console.tables import MAX_EXPORTED

if TYPE_CHECKING:
    from broker.console.tables import Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full width
_INNER_FORMULA = re.compile(r"(?<=[;\t\r\n])([ \u00a0\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""The start of a formula after another separator: where spreadsheets separate cells by semicolons,
as in German, the quotation marks around the second and further cells of a row protect nothing."""

_MARK = "\N{BYTE ORDER MARK}"
"""Without it, spreadsheets read the file in the encoding of the system."""


def csv_of(table: Table, headings: list[str], more: str, note: str = "") -> str:
    """Return the rows with these headings; ``more`` is the last one if the list has others.

    Else ``note`` is it, unless that is ''.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    rows = table.rows[:MAX_EXPORTED]
    writer.writerows([guarded(cell.exported) for cell in row] for row in rows)
    if last := more if len(table.rows) > len(rows) else note:
        writer.writerow([last])
    return _MARK + text.getvalue()


def guarded(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula."""
    is_formula = text.lstrip(" \N{NO-BREAK SPACE}").startswith(_FORMULA)
    inner = _INNER_FORMULA.sub(r"\1'", text)
    return f"'{inner}" if is_formula else inner
