"""Tables in terminal output."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broker.cli.table import format_cell, print_table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        (0, "0"),
        ("a", "a"),
        (datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "2030-01-02 03:04:05Z"),
        ("\x1b[31mred", "?[31mred"),
        ("a\nb", "a?b"),
    ],
)
def test_a_cell_holds_one_printable_text(value: object, text: str) -> None:
    assert format_cell(value) == text


def test_columns_are_aligned_and_lines_end_without_blanks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(("A", "LONG", "C"), [("wide", 1, None), ("x", "", "c")], empty="none")
    assert capsys.readouterr().out.splitlines() == [
        "A     LONG  C",
        "wide  1     -",
        "x     -     c",
    ]


def test_without_rows_a_sentence_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A",), [], empty="There are none.")
    assert capsys.readouterr().out == "There are none.\n"
