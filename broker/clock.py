"""The time, as something that can be handed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the current time."""

    def now(self) -> datetime:
        """Return the current time with time zone UTC."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the current time with time zone UTC."""
        return datetime.now(UTC)
