"""The one reader of JSON texts."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.json_text.reader import MAX_DEPTH, MAX_DIGITS, MalformedJson, read_json, read_object

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**50), 10**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_is_read_as_it_was_written(value: object) -> None:
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value, indent=1).encode()) == value


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_read_or_refused_with_a_printable_reason(data: str | bytes) -> None:
    reason = ""
    try:
        read_json(data)
    except MalformedJson as error:
        reason = str(error)
    assert reason.isprintable()


MARK = "a byte order mark (BOM) at line 1 column 1; allowed: UTF-8 without byte order mark"
NO_COMMA = "allowed: no comma before the closing bracket"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not valid JSON (Expecting value at line 1 column 1); allowed: JSON"),
        (b"\xff\xfe\xfa", "not valid JSON (not UTF-8); allowed: JSON"),
        ("\ufeff{}", MARK),
        (b"\xef\xbb\xbf{}", MARK),
        ("{}".encode("utf-16"), MARK),
        ("// a\n{}", "a comment at line 1 column 1; allowed: JSON without comments"),
        (
            '{"a": 1, /* b */\n "b": 2}',
            "a comment at line 1 column 10; allowed: JSON without comments",
        ),
        ("[1\n, # a\n]", "a comment at line 2 column 3; allowed: JSON without comments"),
        ('{"a": "//"} // b', "a comment at line 1 column 13; allowed: JSON without comments"),
        ('{"a": [1,\n ],}', f"a trailing comma at line 1 column 9; {NO_COMMA}"),
        ('{"a": 1,\n}', f"a trailing comma at line 1 column 8; {NO_COMMA}"),
        ("{'a': 1}", "a single quote at line 1 column 2; allowed: strings in double quotes"),
        ("{a: 1}", "a key without quotes at line 1 column 2; allowed: keys in double quotes"),
        (
            '{"a": "\n"}',
            "not valid JSON (Invalid control character at line 1 column 8); allowed: JSON",
        ),
        ('{"a":\n NaN}', "NaN at line 2 column 2 is not JSON; allowed: finite numbers"),
        ('["NaN", Infinity]', "Infinity at line 1 column 9 is not JSON; allowed: finite numbers"),
        ("[-Infinity]", "-Infinity at line 1 column 2 is not JSON; allowed: finite numbers"),
        ("1e999", "the number 1e999 at line 1 column 1 is too large; allowed: finite numbers"),
        (
            "[1, -1e999]",
            "the number -1e999 at line 1 column 5 is too large; allowed: finite numbers",
        ),
        (
            '{"a": 1,\n "b": {"a": "x"},\n  "a": 2}',
            'duplicate key "a" at line 1 column 2 and line 3 column 3; allowed: unique keys',
        ),
        (
            '{"a": "}\\"{", "\\u0061" : 2}',
            'duplicate key "a" at line 1 column 2 and line 1 column 15; allowed: unique keys',
        ),
        (
            '[{"k\\n": 1, "k\\n": 1}]',
            'duplicate key "k\\n" at line 1 column 3 and line 1 column 13; allowed: unique keys',
        ),
    ],
)
def test_the_reason_and_its_position_are_named(text: str | bytes, reason: str) -> None:
    with pytest.raises(MalformedJson, match=rf"\A{re.escape(reason)}\Z"):
        read_json(text)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_refused(depth: int, opening: str, closing: str) -> None:
    inner = "0" if opening != "[" else ""
    with pytest.raises(MalformedJson, match="at most 50 levels"):
        read_json(opening * depth + inner + closing * depth)
    shallow = opening * MAX_DEPTH + inner + closing * MAX_DEPTH
    assert read_json(shallow) == json.loads(shallow)


def test_numbers_up_to_the_limit_are_read() -> None:
    with pytest.raises(MalformedJson, match=r"a number of 5000 characters at line 1 column 1;"):
        read_json("9" * 5000)
    assert read_json("9" * MAX_DIGITS) == int("9" * MAX_DIGITS)
    assert read_json("-0.5e-3") == -0.0005


def test_a_long_key_is_cut() -> None:
    key = "k" * 100_000
    with pytest.raises(MalformedJson) as caught:
        read_json(f'{{"{key}": 1, "{key}": 2}}')
    assert len(str(caught.value)) < 250


def test_only_objects_are_objects() -> None:
    assert read_object(b"{}") == {}
    for text, found in {"[]": "array", "null": "null", "1": "number", "true": "boolean"}.items():
        with pytest.raises(MalformedJson, match=f"a JSON {found}; allowed: a JSON object"):
            read_object(text)
    with pytest.raises(MalformedJson, match="a JSON string"):
        read_object('"x"')


def test_texts_that_some_parsers_read_are_ambiguous() -> None:
    texts = {"{": False, "\x00": False, "NaN": True, "1e999": True, '{"a":1,"a":1}': True}
    for text, is_ambiguous in texts.items():
        with pytest.raises(MalformedJson) as caught:
            read_json(text)
        assert caught.value.is_ambiguous is is_ambiguous


_MEBIBYTE = 1_048_576


@pytest.mark.parametrize(
    "text",
    [
        "[" + "{}," * (_MEBIBYTE // 3) + "{}]",
        "[" + "1," * (_MEBIBYTE // 2) + "1]",
        "[" + "1," * (_MEBIBYTE // 2) + "NaN]",
        "{" + ",".join(f'"{n}":1' for n in range(90_000)) + ',"0":2}',
        '{"a":1' + " " * _MEBIBYTE + ',"a":2}',
        '"' + "\\\\" * (_MEBIBYTE // 2),
        '{"a' + "\\" * _MEBIBYTE,
        "9" * _MEBIBYTE,
        "-" * _MEBIBYTE,
        "[" * _MEBIBYTE,
    ],
    ids=range(10),
)
def test_a_mebibyte_of_any_shape_costs_little(text: str) -> None:
    began = time.thread_time()
    with suppress(MalformedJson):
        read_json(text)
    assert time.thread_time() - began < 1.0
