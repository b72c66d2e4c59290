"""Tolerance for parts of real descriptors that the model lacks, reported to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.limits import MAX_DESCRIPTOR_VALUES, require_bounded
from broker.descriptor.notes.old_words import modernised
from broker.descriptor.paths import json_path
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

INERT_KEYS: Final[Mapping[str, str]] = {
    "authorities-inheritance": "it applies to clones of plan broker, which is not offered here",
}
"""Top-level keys that are accepted without effect, with the reason."""

_WRAPPERS = frozenset({"xsuaa", "xs-security"})


def unwrapped(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object inside ``{"xsuaa": {…}}`` or ``{"xs-security": {…}}``, else the document.

    Reuse services receive their parameters in this form (H-36).
    """
    if len(document) == 1:
        [(key, inner)] = document.items()
        if key in _WRAPPERS and isinstance(inner, dict):
            return inner
    return document


def normalised(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the document without blanks around keys, inert keys and old words, and notes on them.

    SAP's own samples have keys that end with a blank. Raises InvalidRequest if two keys differ only
    by blanks or spelling, or the document exceeds a limit.
    """
    document = unwrapped(document)
    require_bounded(document, MAX_DESCRIPTOR_VALUES)
    notes: list[str] = []
    trimmed: dict[str, Any] = _trimmed(document, (), notes)
    for key, reason in INERT_KEYS.items():
        if key in trimmed:
            del trimmed[key]
            notes.append(f"{key} has no effect: {reason}.")
    return modernised(trimmed, notes), notes


def _trimmed(value: Any, location: tuple[int | str, ...], notes: list[str]) -> Any:
    if isinstance(value, list):
        return [_trimmed(part, (*location, index), notes) for index, part in enumerate(value)]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for key, part in value.items():
        inside = (*location, key.strip())
        if key.strip() in result:
            raise InvalidRequest.at(
                json_path(inside), "duplicate key (blanks ignored)", "unique keys"
            )
        if key.strip() != key:
            notes.append(f"{json_path(inside)} has surrounding blanks, which are ignored.")
        result[key.strip()] = _trimmed(part, inside, notes)
    return result
