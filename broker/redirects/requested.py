"""The redirect URIs that a client may request: registered ones, and those the operator allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.redirects.nearest import Nearest, find_nearest
from broker.redirects.pattern import parse_pattern
from broker.redirects.uri import InvalidUri

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOCALHOST = "http://localhost:*/**"


@dataclass(frozen=True, slots=True)
class RequestedRedirects:
    """The operator's rules for requested redirect URIs (I-73).

    ``domains`` allow ``https://<one label>.<domain>/login/callback/**`` for every client: hosts of
    a domain with several owners can then obtain codes of each other's clients. ``localhost``
    allows ``http://localhost`` with any port, as in mode dev. ``is_exact`` ignores registered URIs
    with wildcards (RFC 9700 section 2.1).
    """

    domains: tuple[str, ...] = ()
    localhost: bool = False
    is_exact: bool = False

    def find(self, requested: str, registered: Sequence[str]) -> tuple[Nearest, str | None]:
        """Search for a requested URI; return also the entry that came nearest."""
        entries = self.entries(registered)
        nearest = find_nearest(requested, entries)
        return nearest, None if nearest.index is None else entries[nearest.index]

    def only(self, registered: Sequence[str]) -> str | None:
        """Return the URI of a request without one: the only registered one, without wildcard."""
        if len(registered) != 1 or "*" in registered[0] or not _is_valid(registered[0]):
            return None
        return registered[0]

    def entries(self, registered: Sequence[str]) -> list[str]:
        """Return all valid patterns that a URI may match."""
        entries = [each for each in registered if _is_valid(each)]
        if self.is_exact:
            entries = [each for each in entries if "*" not in each]
        entries += [f"https://*.{domain}/login/callback/**" for domain in self.domains]
        return [*entries, _LOCALHOST] if self.localhost else entries


def _is_valid(text: str) -> bool:
    """Return whether the grammar accepts a registered URI; earlier versions accepted others."""
    try:
        parse_pattern(text)
    except InvalidUri:
        return False
    return True
