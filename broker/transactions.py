"""What runs work in one transaction; ``store.transactions`` provides it.

An operation says with a Protocol of its own, as the parameter of ``Transactions``, which
repositories it touches.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")
Touched_co = TypeVar("Touched_co", covariant=True)


class Transactions(Protocol[Touched_co]):
    """Runs work in a transaction; the work is handed the repositories that it touches."""

    def run(self, work: Callable[[Touched_co], T]) -> T:
        """Run ``work`` in one transaction, again after a deadlock; the result is committed."""

    def read(self, work: Callable[[Touched_co], T]) -> T:
        """Run ``work``, which only reads; it waits for no lock and sees all that is committed."""


class Locks(Protocol):
    """Locks that end with the transaction."""

    def lock(self, name: str) -> None:
        """Make every other write under this name, an instance id, wait for this one (D-20)."""


class Rehearses(Protocol):
    """Transactions that may be tried out."""

    def rehearse(self) -> None:
        """Have everything that this transaction does undone at its end."""


class TellsTime(Protocol):
    """The clock of the store."""

    def time(self) -> datetime:
        """Return the one clock that all hosts share."""
