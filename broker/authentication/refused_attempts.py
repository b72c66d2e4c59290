"""Failed authentications, counted by minute, source and reason (D-23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RefusedAttempts:
    """Attempts of one minute that failed alike; ``client_id`` is that of the first one."""

    minute: datetime
    source: str
    reason: str
    client_id: str
    attempts: int


class RefusalTrail(Protocol):
    """Where counts are kept."""

    def add(self, refused: Sequence[RefusedAttempts]) -> None:
        """Add the counts to those of other processes."""


class WithRefusedAttempts(Protocol):
    """Failed authentications, inside a transaction."""

    @property
    def refused_attempts(self) -> RefusalTrail:
        """Failed authentications."""
