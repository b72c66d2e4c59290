"""Registered redirect URIs with wildcards, and the requested URIs that they match (D-45).

Matching takes time proportional to the length of both, up to a small factor: no part of a pattern
becomes a regular expression, and no position is tried twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from broker.redirects.uri import InvalidUri, parse_parts, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.redirects.uri import RedirectUri

MAX_WILDCARDS: Final = 4
"""Wildcards of one pattern in host, port and path; ``**`` is one."""

_REST = "**"
_WILDCARD = re.compile(r"\*+")


class Part(StrEnum):
    """A part of a URI that is compared by itself."""

    SCHEME = "scheme"
    HOST = "host"
    PORT = "port"
    PATH = "path"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class RedirectPattern:
    """A registered URI.

    In the host, ``*`` is one or more characters of one label, and a first label ``**`` one or more
    labels. In the path, ``*`` is any characters of one segment, and a segment ``**`` any number of
    segments, also none. The port ``*`` is any port or none.
    """

    uri: RedirectUri

    def matches(self, requested: RedirectUri) -> bool:
        """Return whether every part matches."""
        return not self.differences(requested)

    def differences(self, requested: RedirectUri) -> dict[Part, str]:
        """Return the parts that do not match, each with a sentence why."""
        own = self.uri
        checks = {
            Part.SCHEME: own.scheme == requested.scheme,
            Part.HOST: _host_matches(own.labels, requested.labels),
            # RFC 8252 section 7.3: native applications listen on any port of a loopback address.
            Part.PORT: own.is_address or own.port in {"*", requested.port},
            Part.PATH: _path_matches(own.path, requested.path),
            Part.QUERY: _query_matches(own.query, requested.query),
        }
        return {part: _difference(part, own, requested) for part, met in checks.items() if not met}


def parse_pattern(text: str) -> RedirectPattern:
    """Return the pattern of a registered URI; raise InvalidUri."""
    uri = parse_parts(text, is_pattern=True)
    _require_few_wildcards(f"{uri.host}:{uri.port}{uri.path}")
    _require_whole_segments(uri.path)
    if "*" in (uri.query or ""):
        raise InvalidUri("a wildcard in the query", "a query without wildcards")
    return RedirectPattern(uri)


def remark_on(text: str) -> str | None:
    """Return a note on an old spelling in a registered URI, if there is one."""
    if text[:8].lower() == "http*://":
        return "http*:// is read as https://; write https://, or http:// for localhost"
    return None


def _require_few_wildcards(text: str) -> None:
    count = len(_WILDCARD.findall(text))
    if count > MAX_WILDCARDS:
        raise InvalidUri(f"{count} wildcards", f"at most {MAX_WILDCARDS} wildcards (* or **)")


def _require_whole_segments(path: str) -> None:
    segments = path.split("/")[1:]
    for segment in segments:
        if _REST in segment and segment != _REST:
            raise InvalidUri(
                f'** in the path segment "{shown(segment)}"',
                "** as a whole path segment, * as part of one",
            )
    if segments[:-1].count(_REST) > 1:
        raise InvalidUri("several ** inside the path", "one ** inside the path, and one at its end")
    if "*" in path and "" in segments[:-1]:
        raise InvalidUri("// in a path with wildcards", "a path without empty segments")


def _host_matches(pattern: Sequence[str], labels: Sequence[str]) -> bool:
    if pattern[0] == _REST:
        pattern = pattern[1:]
        if len(labels) <= len(pattern):
            return False
        labels = labels[-len(pattern) :]
    return len(pattern) == len(labels) and all(
        _part_matches(part, label, least=1) for part, label in zip(pattern, labels, strict=True)
    )


def _path_matches(pattern: str, path: str) -> bool:
    """Follow all positions in the pattern at once, as the bits of one number."""
    if "*" not in pattern:
        return path == pattern
    parts, segments = _without_repeated_rest(pattern.split("/")[1:]), path.split("/")[1:]
    if "" in segments[:-1]:
        return False
    fixed: dict[str, int] = {}
    variable: list[tuple[str, int]] = []
    rests = 0
    for index, part in enumerate(parts):
        if part == _REST:
            rests |= 1 << index
        elif "*" in part:
            variable.append((part, 1 << index))
        else:
            fixed[part] = fixed.get(part, 0) | 1 << index
    reached = 1 | (rests & 1) << 1
    for segment in segments:
        met = fixed.get(segment, 0)
        for part, bit in variable:
            if _part_matches(part, segment, least=0):
                met |= bit
        reached = (reached & met) << 1 | reached & rests
        reached |= (reached & rests) << 1
    return bool(reached >> len(parts))


def _without_repeated_rest(parts: Sequence[str]) -> list[str]:
    return [
        part
        for index, part in enumerate(parts)
        if part != _REST or index == 0 or parts[index - 1] != _REST
    ]


def _part_matches(pattern: str, text: str, *, least: int) -> bool:
    """Return whether the text is the pattern with ``least`` or more characters for each ``*``."""
    if "*" not in pattern:
        return text == pattern
    first, *inner, last = pattern.split("*")
    if not text.startswith(first):
        return False
    end = len(first)
    for piece in inner:
        found = text.find(piece, end + least)
        if found < 0:
            return False
        end = found + len(piece)
    return text.endswith(last) and len(text) - len(last) >= end + least


def _query_matches(registered: str | None, requested: str | None) -> bool:
    if registered is not None:
        return registered == requested
    # "?" alone adds nothing, but makes another URI. The grammar excludes response parameters.
    return requested != ""


def _difference(part: Part, own: RedirectUri, requested: RedirectUri) -> str:
    expected = getattr(own, part)
    found = getattr(requested, part)
    return f"the {part} is {_quoted(found)}, registered is {_quoted(expected)}"


def _quoted(value: str | None) -> str:
    return f'"{shown(value)}"' if value else "empty"
