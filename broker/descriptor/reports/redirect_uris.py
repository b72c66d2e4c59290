"""The report on a redirect URI of a login: which registered entry matches it, or why none does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.paths import printable
from broker.redirects.nearest import Nearest, find_nearest
from broker.redirects.policy import PATH

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class RedirectReport:
    """The requested URI, and the path and text of the nearest entry, if there is one."""

    requested: str
    nearest: Nearest
    entry: str | None

    @property
    def matches(self) -> bool:
        """Whether the entry matches the URI."""
        return self.nearest.matches

    def __str__(self) -> str:
        requested = f'"{printable(self.requested, 200)}"'
        if self.matches:
            return f"{requested} matches {self.entry}"
        reason = "; ".join(self.nearest.differences)
        if self.entry is None:
            return f"{requested} matches no entry: {reason}"
        return f"{requested} matches no entry; the nearest is {self.entry}: {reason}"

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "uri": self.requested,
            "matches": self.matches,
            "entry": self.entry,
            "differences": list(self.nearest.differences),
        }


def report_on(requested: str, registered: Sequence[str]) -> RedirectReport:
    """Search the ``redirect-uris`` of a valid descriptor for a requested URI."""
    nearest = find_nearest(requested, registered)
    at = nearest.index
    entry = None if at is None else f"{PATH}[{at}] ({printable(registered[at], 200)})"
    return RedirectReport(requested, nearest, entry)
