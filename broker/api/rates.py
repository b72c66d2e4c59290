"""Limits of requests per zone and family of endpoints, off by default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from broker.runtime.rate_window import RateWindow

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILIES: Final = {
    "authorization": "/sap/rest/authorization/",
    "identity-providers": "/sap/rest/identity-providers",
    "user": "/sap/rest/user",
    "users": "/Users",
    "groups": "/Groups",
    "credentials": "/credentials/",
}
"""The beginnings of the paths of each family."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts the requests of each zone in this process."""

    windows: Mapping[str, RateWindow] = field(default_factory=dict)

    @classmethod
    def of(cls, limits: Mapping[Any, int]) -> Rates:
        """Return the counters for limits of requests per minute by family; 0 is no limit."""
        return cls({name: RateWindow(limit) for name, limit in limits.items() if limit})

    def wait(self, path: str, zone_row_id: int) -> float:
        """Count a request; return the seconds to wait if it exceeds its limit, else 0."""
        for name, window in self.windows.items():
            if path.startswith(FAMILIES[name]):
                return window.count(zone_row_id)
        return 0.0
