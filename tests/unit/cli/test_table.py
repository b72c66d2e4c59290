"""Tables in terminal output."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest

from broker.cli.table import Id, format_cell, print_table, shortened


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        (0, "0"),
        ("a", "a"),
        (datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "2030-01-02T03:04:05Z"),
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


ROW = ("n" * 200, Id("0f0d6a4e-7a1c-4b0e-9a55-6d1b3f0c8e21"), datetime(2030, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("is_terminal", "columns", "width"),
    [(False, "200", 80), (True, "130", 130), (True, "40", 80)],
)
def test_lines_fit_the_terminal_or_80_characters(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
    width: int,
    *,
    is_terminal: bool,
) -> None:
    """Long texts are shortened in the middle, GUIDs to their first characters; times never."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    monkeypatch.setenv("COLUMNS", columns)
    print_table(("NAME", "ID", "CREATED"), [ROW, ("b", Id("my-key"), None)], empty="none")
    header, line, other = click.unstyle(capsys.readouterr().out).splitlines()
    assert (len(line), line.count("…")) == (width, 1)
    name, *rest = line.split()
    assert (name[0], name[-1], rest) == ("n", "n", ["0f0d6a4e", "2030-01-02T00:00:00Z"])
    assert other.split() == ["b", "my-key", "-"]
    assert header.split() == ["NAME", "ID", "CREATED"]


def test_a_wide_table_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    for is_complete in (False, True):
        print_table(
            ("NAME", "ID", "CREATED"),
            [ROW],
            empty="none",
            is_complete=is_complete,
            wide_only=("CREATED",),
        )
    _, narrow, _, wide = capsys.readouterr().out.splitlines()
    assert "2030" not in narrow
    assert wide.split() == [ROW[0], ROW[1], "2030-01-02T00:00:00Z"]


def test_columns_that_cannot_be_shortened_stay(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"A-LONG-HEADER-{number}" for number in range(8)]
    print_table(names, [["x"] * 8], empty="none")
    assert capsys.readouterr().out.split()[:8] == names


@pytest.mark.parametrize(
    ("text", "width", "short"), [("abc", 3, "abc"), ("abcdefg", 5, "ab…fg"), ("abcd", 2, "a…")]
)
def test_the_middle_is_left_out(text: str, width: int, short: str) -> None:
    assert shortened(text, width) == short
