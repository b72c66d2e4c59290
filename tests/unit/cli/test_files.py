"""JSON objects from files."""

from __future__ import annotations

import io

import pytest

from broker.cli.files import json_object
from broker.errors import InvalidRequest


def file(text: str) -> io.StringIO:
    opened = io.StringIO(text)
    opened.name = "xs-security.json"
    return opened


def test_an_object_is_read() -> None:
    assert json_object(file('{"xsappname": "ü"}')) == {"xsappname": "ü"}


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", "[" * 100_000])
def test_anything_else_is_refused_with_the_file_s_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        json_object(file(text))
    assert [violation.path for violation in refused.value.violations] == ["xs-security.json"]
