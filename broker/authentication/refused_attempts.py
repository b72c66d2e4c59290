"""Failed authentications, counted by minute, source and reason (D-23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RefusedAttempts:
    """Failed attempts of one minute, source and reason; ``client_id`` is that of the first."""

    minute: datetime
    source: str
    reason: str
    client_id: str
    attempts: int


class RefusalTrail(Protocol):
    """Stores the counts."""

    def add(self, refused: Sequence[RefusedAttempts]) -> None:
        """Add the counts to those of other processes."""


class WithRefusedAttempts(Protocol):
    """A transaction that stores failed authentications."""

    @property
    def refused_attempts(self) -> RefusalTrail:
        """The counts of failed authentications."""
