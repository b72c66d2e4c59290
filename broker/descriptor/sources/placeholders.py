"""Sample values for the placeholders of MTA descriptors, ``${space}`` and ``~{api/url}``.

The deployer replaces them, so that a check of the file can only try plausible values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.paths import json_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PLACEHOLDER: Final = re.compile(r"(?<!\\)[$~]\{([^{}]{0,200})\}")
_HOST: Final = "sample.example.com"

_TEXTS: Final = frozenset({"xsappname", "name", "description", "default-role-name"})
"""Keys whose whole value may be a sample; other values could be of any type."""

Location = tuple[int | str, ...]


def with_samples(value: Any, location: Location = ()) -> tuple[Any, list[Location], list[Location]]:
    """Return the value with samples instead of placeholders, and two lists of locations.

    The first are those of replaced texts. The second are those of values that consist of a single
    placeholder, whose type is unknown: they are returned as null and cannot be checked.
    """
    if isinstance(value, str):
        return _with_samples(value, location)
    replaced: list[Location] = []
    unknown: list[Location] = []
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        parts = []
        for step, part in pairs:
            sample, texts, others = with_samples(part, (*location, step))
            parts.append((step, sample))
            replaced += texts
            unknown += others
        value = dict(parts) if isinstance(value, dict) else [part for _, part in parts]
    return value, replaced, unknown


def with_values(
    value: Any, values: Mapping[str, str], location: Location = ()
) -> tuple[Any, list[tuple[Location, str]]]:
    """Return the value with these values of placeholders, and all others with their locations."""
    if isinstance(value, str):
        names = set(_PLACEHOLDER.findall(value))
        unknown = [(location, name) for name in sorted(names - values.keys())]
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), value), unknown
    others: list[tuple[Location, str]] = []
    if isinstance(value, dict | list):
        parts = []
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            replaced, found = with_values(part, values, (*location, step))
            parts.append((step, replaced))
            others += found
        value = dict(parts) if isinstance(value, dict) else [part for _, part in parts]
    return value, others


def parts_around(locations: Iterable[Location], path: str) -> frozenset[str]:
    """Return the JSON paths of the locations and of all parts around them, below ``path``."""
    return frozenset(
        f"{path}.{json_path(location[:end])}"
        for location in locations
        for end in range(1, len(location) + 1)
    )


def placeholder_notes(
    about: str, path: str, samples: Iterable[Location], unknown: Iterable[Location]
) -> Iterator[str]:
    """Yield a note on each location, below ``path``, that ``with_samples`` returns."""
    for location in samples:
        where = f"{about}: {path}.{json_path(location)}"
        yield f"{where} is checked with sample values in place of its placeholders."
    for location in unknown:
        yield f"{about}: {path}.{json_path(location)} is a placeholder and is not checked."


def _with_samples(text: str, location: Location) -> tuple[Any, list[Location], list[Location]]:
    if _PLACEHOLDER.search(text) is None:
        return text, [], []
    is_uri = "redirect-uris" in location
    if is_uri:
        return _PLACEHOLDER.sub(_part_of_uri, text), [location], []
    key = next((step for step in reversed(location) if isinstance(step, str)), "")
    if _PLACEHOLDER.fullmatch(text) and key not in _TEXTS:
        return None, [], [location]
    return _PLACEHOLDER.sub(_word, text), [location], []


def _part_of_uri(found: re.Match[str]) -> str:
    before = found.string[: found.start()]
    if not before:
        return f"https://{_HOST}"
    if re.fullmatch(r"https?://[^/]*:", before):
        return "8443"
    is_host = re.fullmatch(r"[a-z*]+://[^/]*", before) is not None
    return _HOST if is_host else _word(found)


def _word(found: re.Match[str]) -> str:
    """Return a word like the placeholder, so that different ones give different names."""
    return re.sub(r"[^A-Za-z0-9]+", "-", found[1]).strip("-")[:30] or "sample"
