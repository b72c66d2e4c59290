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


def test_a_terminal_gets_lines_of_its_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only texts longer than an id are shortened; other output is complete."""
    rows = [("n" * 200, "i" * 36, "e" * 90)]
    print_table(("NAME", "ID", "EMAIL"), rows, empty="none")
    assert capsys.readouterr().out.splitlines()[1].split() == list(rows[0])
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "130")
    print_table(("NAME", "ID", "EMAIL"), rows, empty="none")
    line = capsys.readouterr().out.splitlines()[1]
    assert len(line) == 130
    assert line.split()[1] == "i" * 36
    assert line.count("…") == 2
    monkeypatch.setenv("COLUMNS", "20")
    print_table(("NAME", "ID", "EMAIL"), rows, empty="none")
    assert len(capsys.readouterr().out.splitlines()[1]) == 40 + 2 + 36 + 2 + 40
    print_table(("NAME", "ID", "EMAIL"), rows, empty="none", is_complete=True)
    assert capsys.readouterr().out.splitlines()[1].split() == list(rows[0])
