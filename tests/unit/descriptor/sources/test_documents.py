"""The objects in JSON and YAML files."""

from __future__ import annotations

import pytest

from broker.descriptor.sources.documents import documents_in, json_object
from broker.errors import InvalidRequest
from broker.json_text.reader import MalformedJson


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ('{"a": 1}', "x.json"),
        ('{"a": 1}', "x.yaml"),
        (' {"a": 1}', "-"),
        ("a: 1", "x.yml"),
        ("a: 1", "x.mtaext"),
        ("# comment\na: 1", "<stdin>"),
        ("---\na: 1\n---\n", "X.YAML"),
    ],
)
def test_name_or_content_select_the_format(text: str, file: str) -> None:
    assert documents_in(text.encode(), file) == [{"a": 1}]


@pytest.mark.parametrize(
    ("text", "file", "reason"),
    [
        ("a: 1", "x.json", "a key without quotes"),
        ("/* c */ {}", "<stdin>", "a comment at line 1 column 1"),
        ("- a", "x.yaml", "a YAML array"),
        ("a: [", "x.yaml", "not valid YAML"),
    ],
)
def test_other_texts_are_refused(text: str, file: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        documents_in(text.encode(), file)


def test_large_json_is_refused() -> None:
    with pytest.raises(MalformedJson, match="at most 1048576 bytes"):
        json_object(b" " * 1_048_577)
