"""The registered redirect URI that matches a requested one, or comes nearest to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.redirects.pattern import Part, parse_pattern
from broker.redirects.uri import InvalidUri, parse_uri

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Nearest:
    """The result of a search: the index of the entry, if any, and why it does not match.

    ``differences`` is empty if the entry matches. Without an index, the requested URI is invalid or
    no URI is registered.
    """

    index: int | None
    differences: tuple[str, ...] = ()

    @property
    def matches(self) -> bool:
        """Whether the entry matches the requested URI."""
        return self.index is not None and not self.differences


def find_nearest(text: str, registered: Sequence[str]) -> Nearest:
    """Search the registered URIs, all of them valid, for a requested URI."""
    try:
        requested = parse_uri(text)
    except InvalidUri as refused:
        return Nearest(None, (str(refused),))
    found = [parse_pattern(each).differences(requested) for each in registered]
    if not found:
        return Nearest(None, ("no redirect URI is registered",))
    # The same host with another path is nearer than the same path of another host.
    index = min(range(len(found)), key=lambda at: (Part.HOST in found[at], len(found[at])))
    return Nearest(index, tuple(found[index].values()))
