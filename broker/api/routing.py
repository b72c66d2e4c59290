"""From the path of a request to its route; parameters are decoded after the path is split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from broker.api.route import Route

_MAX_SEGMENTS = 32


@dataclass(frozen=True, slots=True)
class Match:
    """A route with the values of its path parameters."""

    route: Route
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Node:
    """The routes that begin with the same segments."""

    fixed: dict[str, _Node] = field(default_factory=dict)
    variable: list[_Node] = field(default_factory=list)
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Finds routes; a fixed segment precedes a parameter if it has the method, too.

    A collection named like a fixed segment, such as ``roles``, is found where no other route is.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.path.strip("/").split("/"):
                if not segment.startswith("{"):
                    node = node.fixed.setdefault(segment, _Node())
                    continue
                if not node.variable:
                    node.variable.append(_Node())
                node = node.variable[0]
            if route.method in node.routes:
                raise ValueError(f"two routes for {route.method} {route.path}")
            node.routes[route.method] = route

    def matches(self, raw_path: str) -> dict[str, Match]:
        """Return the routes of a path, percent-encoded as it was received, by their methods.

        A parameter is never empty, and of valid UTF-8.
        """
        found: dict[str, Match] = {}
        segments = _segments(raw_path)
        if segments is None:
            return found
        for node in _nodes(self._root, segments, 0):
            for method, route in node.routes.items():
                if method not in found:
                    found[method] = Match(route, _parameters(route, segments))
        return found


def _segments(raw_path: str) -> Sequence[str] | None:
    """Return the decoded segments of a path, None if it is none of a route."""
    raw = raw_path.removeprefix("/").split("/", _MAX_SEGMENTS)
    if len(raw) > _MAX_SEGMENTS or not all(raw):
        return None
    try:
        # WSGI passes bytes as Latin-1 (PEP 3333).
        return [unquote_to_bytes(each.encode("latin-1")).decode() for each in raw]
    except UnicodeError:
        return None


def _nodes(node: _Node, segments: Sequence[str], at: int) -> Iterator[_Node]:
    if at == len(segments):
        yield node
        return
    fixed = node.fixed.get(segments[at])
    for each in ([fixed] if fixed else []) + node.variable:
        yield from _nodes(each, segments, at + 1)


def _parameters(route: Route, segments: Sequence[str]) -> dict[str, str]:
    names = route.path.strip("/").split("/")
    return {
        name[1:-1]: value
        for name, value in zip(names, segments, strict=True)
        if name.startswith("{")
    }
