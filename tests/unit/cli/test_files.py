"""JSON objects and lists of ids from files."""

from __future__ import annotations

import io

import pytest

from broker.cli.files import json_object, platform_ids, require_some_listed
from broker.errors import ConfigurationError, InvalidRequest


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


PAGE = '{"pagination": {"total_results": %d, "next": %s}, "resources": [%s]}\n'
FIRST = PAGE % (3, '{"href": "page 2"}', '{"guid": "a", "name": "x"}, {"guid": "b"}')
SECOND = PAGE % (3, "null", '{"guid": "c"}')


def listed(data: str | bytes) -> set[str]:
    opened = io.BytesIO(data.encode() if isinstance(data, str) else data)
    opened.name = "list"
    return platform_ids(opened)


@pytest.mark.parametrize(
    "data",
    [
        "a\nb\n\n  c  \n",
        "a\r\nb\r\nc",
        '["a", "b", "c"]',
        '[{"guid": "a"}, {"guid": "b"}, "c"]',
        FIRST + SECOND,
        SECOND.strip() + FIRST,
        '\ufeff["a", "b", "c"]',
        '["a", "b"]["c"]',
        "a\nb\nc\n".encode("utf-16"),
    ],
)
def test_a_platform_s_list_has_several_forms(data: str | bytes) -> None:
    assert listed(data) == {"a", "b", "c"}


@pytest.mark.parametrize("data", ["", " \n", "[]", '{"resources": []}'])
def test_a_list_may_be_empty(data: str) -> None:
    assert listed(data) == set()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("name service plan\na b c", "entry 1 is not an id"),
        ('["a", 7]', "entry 2 is not an id"),
        ('["a", ""]', "entry 2 is not an id"),
        ('[{"id": "a"}]', "entry 1 is not an id"),
        ("{}", "must be a list of ids"),
        ('{"errors": [{"code": 10002}]}', "must be a list of ids"),
        ('["a"', "Expecting ',' delimiter"),
        ('["a"] x', "Expecting value"),
        ("[" * 100_000, "recursion"),
        (b"\xff\xfe\x00", "not a text"),
        (b"\x89PNG", "not a text"),
        (FIRST, "contains 2 of 3 entries"),
        (FIRST + FIRST, "contains 2 of 3 entries"),
        (SECOND, "contains 1 of 3 entries"),
        ('{"resources": ["a"], "pagination": {"next": {"href": "2"}}}', "contains 1 of more"),
    ],
)
def test_any_other_list_is_refused_with_the_file_s_name(data: str | bytes, reason: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        listed(data)
    assert str(refused.value).startswith("list: ")
    assert reason in str(refused.value)


def test_a_list_has_to_contain_one_of_the_ids_of_each_platform() -> None:
    opened = io.BytesIO()
    opened.name = "list"
    existing = [("first", "a"), ("first", "b"), ("second", "c")]
    require_some_listed(opened, {"a", "c"}, existing, "bindings", "deleted")
    require_some_listed(opened, set(), [], "bindings", "deleted")
    with pytest.raises(ConfigurationError, match="none of the bindings of platform first"):
        require_some_listed(opened, {"c"}, existing, "bindings", "deleted")
    with pytest.raises(ConfigurationError, match="bindings: 1"):
        require_some_listed(opened, {"a"}, existing, "bindings", "deleted")
