"""Equality of JSON documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def same_json(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two documents are equal as JSON: in any key order, ``true`` is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
