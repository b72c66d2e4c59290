"""Which credential was accepted or refused how often, counted in memory (D-22)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class DailyUse:
    """How often one credential was accepted and refused on one day."""

    accepted: int = 0
    refused: int = 0


@dataclass(slots=True)
class Usage:
    """What happened to one credential; refusals never move its times."""

    accepted: int = 0
    refused: int = 0
    last_used_at: datetime | None = None
    previous_used_at: datetime | None = None
    """When the secret before a rotation was used instead of the current one (D-15)."""
    days: dict[int, DailyUse] = field(default_factory=dict)
    """The same by the day on which it happened: the ordinal of the date in UTC."""

    def accept(self, at: datetime, *, by_previous_secret: bool) -> None:
        """Count one use at this time in UTC."""
        self.accepted += 1
        self.on(at.toordinal()).accepted += 1
        if by_previous_secret:
            self.previous_used_at = _later(self.previous_used_at, at)
        else:
            self.last_used_at = _later(self.last_used_at, at)

    def refuse(self, at: datetime) -> None:
        """Count one refusal at this time in UTC."""
        self.refused += 1
        self.on(at.toordinal()).refused += 1

    def include(self, other: Usage) -> None:
        """Count what happened otherwise, too."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.last_used_at = _later(self.last_used_at, other.last_used_at)
        self.previous_used_at = _later(self.previous_used_at, other.previous_used_at)
        for day, use in other.days.items():
            known = self.on(day)
            known.accepted += use.accepted
            known.refused += use.refused

    def on(self, day: int) -> DailyUse:
        """Return what is counted for that day."""
        known = self.days.get(day)
        if known is None:
            known = self.days[day] = DailyUse()
        return known


class UsageCounts:
    """Collects use by credential row, from any thread."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self._counts: dict[int, Usage] = {}

    def accept(self, credential_id: int, at: datetime, *, by_previous_secret: bool) -> None:
        """Count one use."""
        with self._lock:
            self._of(credential_id).accept(at, by_previous_secret=by_previous_secret)

    def refuse(self, credential_id: int, at: datetime) -> None:
        """Count one refusal."""
        with self._lock:
            self._of(credential_id).refuse(at)

    def add(self, credential_id: int, usage: Usage) -> None:
        """Count this."""
        with self._lock:
            self._of(credential_id).include(usage)

    def take(self) -> Mapping[int, Usage]:
        """Return everything counted so far, and begin with nothing again."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def put_back(self, counts: Mapping[int, Usage]) -> None:
        """Count again what could not be written down."""
        for credential_id, usage in counts.items():
            self.add(credential_id, usage)

    def _of(self, credential_id: int) -> Usage:
        known = self._counts.get(credential_id)
        if known is None:
            known = self._counts[credential_id] = Usage()
        return known


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
