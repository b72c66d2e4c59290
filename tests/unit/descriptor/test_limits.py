"""Limits on the size of a document."""

from __future__ import annotations

from typing import Any

import pytest

from broker.descriptor.limits import MAX_KEY, MAX_KEYS, require_bounded
from broker.errors import InvalidRequest


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"a": [0] * 10}, r"^too many keys and entries; at most 10$"),
        ({"a": [[0], [0], [0], [0], [0], [0]]}, "too many keys and entries"),
        ({str(n): n for n in range(11)}, "too many keys and entries"),
        ({"a": {"x" * (MAX_KEY + 1): 0}}, r"^a: a key of 201 characters; at most 200"),
    ],
)
def test_what_exceeds_a_limit_is_refused(document: dict[str, Any], found: str) -> None:
    with pytest.raises(InvalidRequest, match=found):
        require_bounded(document, 10)


def test_an_object_with_too_many_keys_is_named() -> None:
    keys = {str(n): n for n in range(MAX_KEYS + 1)}
    with pytest.raises(InvalidRequest, match=r"^a\[1\]: 101 keys; at most 100 keys$"):
        require_bounded({"a": [{}, keys]}, 1000)


def test_what_keeps_to_the_limits_is_accepted() -> None:
    require_bounded({}, 0)
    require_bounded({"a": [[0], {"b": 0}], "x" * MAX_KEY: ""}, 6)
    with pytest.raises(InvalidRequest):
        require_bounded({"a": [[0], {"b": 0}], "x" * MAX_KEY: ""}, 5)
