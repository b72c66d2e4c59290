"""Passwords on standard input."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from broker.cli.identity.password_input import read_password
from broker.errors import InvalidRequest


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> str:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    return read_password()


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_line_is_read_without_its_end(monkeypatch: pytest.MonkeyPatch, end: bytes) -> None:
    assert given(monkeypatch, " drei Männer ".encode() + end) == " drei Männer "


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"\xff", b"a" * 9000])
def test_other_input_is_refused(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    with pytest.raises(InvalidRequest, match="one line"):
        given(monkeypatch, content)
