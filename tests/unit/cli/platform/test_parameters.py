"""The option ``-c``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
import pytest

from broker.cli.platform.parameters import Given, TextOrFile
from broker.errors import InvalidRequest


def convert(value: str) -> Given:
    return TextOrFile().convert(value, None, None)


def test_json_is_text(tmp_path: Path) -> None:
    given = convert(' {"a": 1}')
    assert given.as_object() == {"a": 1}
    assert TextOrFile().convert(given, None, None) is given


def test_other_values_are_files(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[")
    given = convert(str(file))
    assert (given.data, given.name, given.directory) == (b"[", str(file), tmp_path)
    with pytest.raises(InvalidRequest, match=r"x\.json: "):
        given.as_object()


def test_a_hyphen_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert convert("-") == Given(b"{}", "<stdin>", Path())


@pytest.mark.parametrize("value", ["no-such-file", ".", "a\0b"])
def test_an_unreadable_file_is_a_wrong_usage(value: str) -> None:
    with pytest.raises(click.BadParameter):
        convert(value)
