"""In-memory counters of accepted and refused credentials (D-22)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class DailyUse:
    """How often one credential was accepted and refused on one day."""

    accepted: int = 0
    refused: int = 0


@dataclass(slots=True)
class Usage:
    """The usage of one credential; refusals do not affect its times."""

    accepted: int = 0
    refused: int = 0
    last_used_at: datetime | None = None
    previous_used_at: datetime | None = None
    """When the previous secret of a rotation was last used (D-15)."""
    day: int = 0
    """The ordinal of the UTC date of the last count; 0 if unknown."""
    other_days: dict[int, DailyUse] | None = None
    """The counts of other days; usually None."""

    @property
    def days(self) -> dict[int, DailyUse]:
        """The counts by ordinal of the UTC date."""
        others = self.other_days or {}
        if not self.day:
            return others
        of_day = DailyUse(
            self.accepted - sum(use.accepted for use in others.values()),
            self.refused - sum(use.refused for use in others.values()),
        )
        return {**others, self.day: of_day}

    def accept(self, at: datetime, *, by_previous_secret: bool) -> None:
        """Count one accepted use at the UTC time ``at``."""
        self._start_day(at.toordinal())
        self.accepted += 1
        if by_previous_secret:
            self.previous_used_at = _later(self.previous_used_at, at)
        else:
            self.last_used_at = _later(self.last_used_at, at)

    def refuse(self, at: datetime) -> None:
        """Count one refusal at the UTC time ``at``."""
        self._start_day(at.toordinal())
        self.refused += 1

    def include(self, other: Usage) -> None:
        """Add the counts of ``other``."""
        days = other.days
        for day, use in days.items():
            self._start_day(day)
            self.accepted += use.accepted
            self.refused += use.refused
        if not days:
            self.accepted += other.accepted
            self.refused += other.refused
        self.last_used_at = _later(self.last_used_at, other.last_used_at)
        self.previous_used_at = _later(self.previous_used_at, other.previous_used_at)

    def _start_day(self, day: int) -> None:
        """Attribute subsequent counts to this day."""
        if day == self.day:
            return
        if self.day:
            # The totals include all days.
            self.other_days = self.days
            self.other_days.pop(day, None)
        self.day = day


class UsageCounts:
    """Collects usage by credential row; safe for concurrent threads."""

    def __init__(self) -> None:
        """Start with empty counters."""
        self._lock = threading.Lock()
        self._counts: dict[int, Usage] = {}

    def accept(self, credential_id: int, at: datetime, *, by_previous_secret: bool) -> None:
        """Count one accepted use."""
        with self._lock:
            self._of(credential_id).accept(at, by_previous_secret=by_previous_secret)

    def refuse(self, credential_id: int, at: datetime) -> None:
        """Count one refusal."""
        with self._lock:
            self._of(credential_id).refuse(at)

    def add(self, credential_id: int, usage: Usage) -> None:
        """Add the usage to the credential's counters."""
        with self._lock:
            self._of(credential_id).include(usage)

    def take(self) -> Mapping[int, Usage]:
        """Return the counters and reset them."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def put_back(self, counts: Mapping[int, Usage]) -> None:
        """Add counts back that could not be stored."""
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
