"""The reader for YAML files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.descriptor.sources.yaml_text import MAX_BYTES, MalformedYaml, read_documents

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


def test_values_are_those_of_json() -> None:
    text = "a: [1, 2.5, true, null, x]\non: 2020-01-01\n1: ${org}-${space}\n"
    [document] = read_documents(text)
    assert document == {
        "a": [1, 2.5, True, None, "x"],
        "on": "2020-01-01",
        "1": "${org}-${space}",
    }
    assert read_documents("a: 1\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]
    assert read_documents("\ufeffa: ü".encode()) == [{"a": "ü"}]


def test_aliases_and_merge_keys_are_expanded() -> None:
    text = (
        "base: &base {a: 1, b: 2}\nmore: &more {<<: *base, b: 3}\nmost: {<<: *more, c: [*base]}\n"
    )
    [document] = read_documents(text)
    assert document["more"] == {"a": 1, "b": 3}
    assert document["most"] == {"a": 1, "b": 3, "c": [{"a": 1, "b": 2}]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", 'duplicate key "a" at line 1 column 1 and line 3 column 1'),
        ("x: {a: 1, a: 2}", 'duplicate key "a" at line 1 column 5 and line 1 column 11'),
        ("a: [1", "not valid YAML (.* at line "),
        ("a:\n\tb: 1", "not valid YAML (.*cannot start any token at line 2 column 1"),
        ("? [1]\n: 2", "a key that is no text at line 1 column 3"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML (could not determine"),
        ("a: .inf", "a value of type float; allowed: values of JSON"),
        ("a: !!binary aGk=", "a value of type bytes"),
        ("a: !!set {b, c}", "a value of type set"),
        ("a: &a [*a]", "too many levels"),
        ("[" * 1000 + "]" * 1000, "too many levels"),
        ("[" * 100_000, "too many levels"),
        (LAUGHS, "too many values"),
        (b"\xff\xff", "not valid YAML"),
        ("a: \x00", "not valid YAML"),
        ("a: *b", "not valid YAML (found undefined alias"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str | bytes, reason: str) -> None:
    pattern = reason.replace("(", r"\(").replace("\\\\", "\\")
    with pytest.raises(MalformedYaml, match=pattern):
        read_documents(text)


def test_large_files_are_refused_unread() -> None:
    with pytest.raises(MalformedYaml, match="at most 1048576 bytes"):
        read_documents("#" * (MAX_BYTES + 1))


@given(st.text(max_size=60) | st.binary(max_size=60))
@settings(max_examples=60)
def test_any_text_is_read_or_refused_with_a_printable_reason(data: str | bytes) -> None:
    reason = ""
    try:
        read_documents(data)
    except MalformedYaml as error:
        reason = str(error)
    assert reason.isprintable()
