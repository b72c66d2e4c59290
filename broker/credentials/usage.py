"""Which credential was accepted or refused how often, counted in memory (D-22)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Usage:
    """What happened to one credential; refusals never move its times."""

    accepted: int = 0
    refused: int = 0
    last_used_at: datetime | None = None
    previous_used_at: datetime | None = None
    """When the secret before a rotation was used instead of the current one (D-15)."""

    def include(self, other: Usage) -> None:
        """Count what happened otherwise, too."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.last_used_at = _later(self.last_used_at, other.last_used_at)
        self.previous_used_at = _later(self.previous_used_at, other.previous_used_at)


class UsageCounts:
    """Collects use by credential row, from any thread."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self._counts: dict[int, Usage] = {}

    def add(self, credential_id: int, usage: Usage) -> None:
        """Count this."""
        with self._lock:
            known = self._counts.get(credential_id)
            if known is None:
                known = self._counts[credential_id] = Usage()
            known.include(usage)

    def take(self) -> Mapping[int, Usage]:
        """Return everything counted so far, and begin with nothing again."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def put_back(self, counts: Mapping[int, Usage]) -> None:
        """Count again what could not be written down."""
        for credential_id, usage in counts.items():
            self.add(credential_id, usage)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
