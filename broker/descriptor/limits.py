"""Limits on the size of a document, checked before anything else looks at its parts (D-51)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.paths import json_path
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_DESCRIPTOR_VALUES: Final = 25_000
"""Values of a descriptor: members and entries of all its objects and lists."""

MAX_BINDING_VALUES: Final = 100
"""Values of the parameters of a binding."""

MAX_KEYS: Final = 100
"""Keys of one object."""

MAX_KEY: Final = 200
"""Characters of a key."""

MAX_REFERENCE: Final = 1000
"""Characters of a reference or qualified name: longer than any that is valid."""

MAX_LIST: Final = 1000
"""References in one list."""

MAX_REFERENCES: Final = 2000
"""References to other applications in a whole descriptor."""

MAX_CHOICES: Final = 20
"""Entries of a list of fixed choices, which may be repeated."""

MAX_PROVIDERS: Final = 100
"""Entries of ``allowedproviders``."""

_Location = tuple[int | str, ...]


def require_bounded(document: Mapping[str, Any], max_values: int) -> None:
    """Raise InvalidRequest for a document with more values or longer keys than the limits."""
    values = 0
    level: list[tuple[_Location, Any]] = [((), document)]
    while level:
        values += sum(len(part) for _, part in level)
        if values > max_values:
            raise InvalidRequest.at("$", "too many keys and entries", f"at most {max_values}")
        for location, part in level:
            if isinstance(part, dict):
                _require_bounded_keys(part, location)
        level = [found for location, part in level for found in _containers(part, location)]


def _require_bounded_keys(part: Mapping[str, Any], location: _Location) -> None:
    path = json_path(location)
    if len(part) > MAX_KEYS:
        raise InvalidRequest.at(path, f"{len(part)} keys", f"at most {MAX_KEYS} keys")
    longest = max(map(len, part), default=0)
    if longest > MAX_KEY:
        raise InvalidRequest.at(
            path, f"a key of {longest} characters", f"at most {MAX_KEY} characters"
        )


def _containers(part: Any, location: _Location) -> Iterator[tuple[_Location, Any]]:
    members = part.items() if isinstance(part, dict) else enumerate(part)
    for step, value in members:
        if isinstance(value, dict | list):
            yield (*location, step), value
