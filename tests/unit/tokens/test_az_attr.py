"""Attributes that a client adds to its own token (O-62)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.errors import GrantRefused
from broker.tokens.az_attr import additional_attributes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("authorities", "attributes"),
    [
        ('{"az_attr": {"country": "DE"}}', {"country": "DE"}),
        ('{"az_attr": {"n": 1, "b": true, "f": 0.5}}', {"n": "1", "b": "true", "f": "0.5"}),
        ('{"az_attr": {"a": "1"}, "other": 2}', {"a": "1"}),
        ('{"az_attr": {}}', {}),
    ],
)
def test_names_and_values_become_texts(authorities: str, attributes: dict[str, str]) -> None:
    assert additional_attributes(authorities) == attributes


def test_a_long_text_is_refused_unread() -> None:
    with pytest.raises(GrantRefused, match="at most 65536"):
        additional_attributes("x" * 65_537)
    assert additional_attributes("x" * 65_536) == {}


@pytest.mark.parametrize(
    "authorities",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        "7",
        '{"az_attr": []}',
        '{"az_attr": "text"}',
        '{"az_attr": {"a": null}}',
        '{"az_attr": {"a": "1", "b": {}}}',
    ],
)
def test_every_other_form_is_ignored_as_a_whole(authorities: str) -> None:
    assert additional_attributes(authorities) == {}


@pytest.mark.parametrize(
    ("authorities", "reason"),
    [
        ('{"az_attr": {"a": NaN}}', "NaN at line 1 column 19"),
        ('{"az_attr": {"a": 1e999}}', "1e999 at line 1 column 19 is too large"),
        ('{"az_attr": {"a": 1, "a": 2}}', "duplicate key 'a' at line 1 column 14 and line 1"),
        ("[" * 60_000, "at most 50 levels"),
    ],
)
def test_ambiguous_json_is_refused_with_the_reason(authorities: str, reason: str) -> None:
    with pytest.raises(GrantRefused, match=reason) as refused:
        additional_attributes(authorities)
    assert refused.value.code == "invalid_request"
    assert not set(str(refused.value)) & set('"\\')


@settings(deadline=None)
@given(JSON)
def test_any_document_gives_texts(document: object) -> None:
    found = additional_attributes(json.dumps({"az_attr": document}))
    assert all(isinstance(value, str) for value in found.values())
