"""JSON objects from files."""

from __future__ import annotations

import io

import pytest

from broker.cli.files import json_object
from broker.errors import InvalidRequest


def test_the_reason_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r'duplicate key "a" at line 1 column 2 and line 2'):
        json_object(file('{"a": 1,\n"a": 2}'))
    opened = io.BytesIO(b'"\xff"')
    opened.name = "xs-security.json"
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        json_object(opened)


def file(text: str) -> io.StringIO:
    opened = io.StringIO(text)
    opened.name = "xs-security.json"
    return opened


def test_an_object_is_read() -> None:
    assert json_object(file('{"xsappname": "ü"}')) == {"xsappname": "ü"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "null", "[" * 100_000, "NaN", '{"a": 1, "a": 1}']
)
def test_anything_else_is_refused_with_the_file_s_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        json_object(file(text))
    assert [violation.path for violation in refused.value.violations] == ["xs-security.json"]
