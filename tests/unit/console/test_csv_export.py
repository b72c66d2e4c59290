"""CSV files for spreadsheets (TH-22)."""

from __future__ import annotations

import csv
import io

import pytest

from broker.console.csv_export import csv_of, guarded
from broker.console.tables import MAX_EXPORTED, Column, Listing, Table, Text
from broker.login.pages.views import Message


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\ta", "\ra", "\na", " =1", "\u00a0=1", "＝1"],  # noqa: RUF001
)
def test_no_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;=1+1;b", "a;'=1+1;b"),
        ('a;"=1+1', "a;\"'=1+1"),
        ("a; @SUM(A1)", "a; '@SUM(A1)"),
        ("a\n-1", "a\n'-1"),
        ("\t=1", "'\t'=1"),
        ("\r\n=1", "'\r\n'=1"),
        ("=1;+1", "'=1;'+1"),
        ("a;\uff1d1", "a;'\uff1d1"),
    ],
)
def test_no_formula_after_a_semicolon(text: str, expected: str) -> None:
    """Spreadsheets in German separate cells by semicolons, within quotation marks as well."""
    assert guarded(text) == expected


@pytest.mark.parametrize("text", ["", "a=b", "1-1", "anna@example.org", "a; b", "a,=b", "a;b=c"])
def test_other_texts_stay(text: str) -> None:
    assert guarded(text) == text


def test_a_file() -> None:
    rows = [(Text('a "b"'), Text("x,y\nz")), (Text("=cmd|' /C calc'!A0"), Text("ü"))]
    table = Table(
        caption="c",
        columns=(Column("x"), Column("y")),
        rows=rows,
        listing=Listing(),
        empty=Message("e"),
    )
    found = csv_of(table, ["X", "Y"], "more")
    assert found.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(found.removeprefix("\ufeff"), newline="")))
    assert read == [["X", "Y"], ['a "b"', "x,y\nz"], ["'=cmd|' /C calc'!A0", "ü"]]


def test_a_file_says_that_the_list_goes_on() -> None:
    listing = Listing(is_export=True)
    assert listing.limit == MAX_EXPORTED + 1
    for number, last in ((MAX_EXPORTED, "x"), (MAX_EXPORTED + 1, "more")):
        table = Table(
            caption="c",
            columns=(Column("x"),),
            rows=[(Text("x"),)] * number,
            listing=listing,
            empty=Message("e"),
        )
        lines = csv_of(table, ["X"], "more").splitlines()
        assert (len(lines), lines[-1]) == (number + 1, f'"{last}"')
