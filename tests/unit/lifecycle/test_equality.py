"""Equality of JSON documents: repeated requests are compared with it (D-06)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.lifecycle.equality import same_json


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": None}, {}, False),
        ({"a": "true"}, {"a": True}, False),
    ],
)
def test_only_the_order_of_keys_is_irrelevant(
    one: dict[str, Any], other: dict[str, Any], *, same: bool
) -> None:
    assert same_json(one, other) == same
