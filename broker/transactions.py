"""The interface for running work in one transaction; ``store.transactions`` implements it.

The type parameter of ``Transactions`` is a Protocol that names the repositories an operation uses.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")
Touched_co = TypeVar("Touched_co", covariant=True)


class Transactions(Protocol[Touched_co]):
    """Runs work in a transaction and passes it the repositories."""

    def run(self, work: Callable[[Touched_co], T]) -> T:
        """Run ``work`` in one transaction, commit and return its result; retry after a deadlock."""

    def read(self, work: Callable[[Touched_co], T]) -> T:
        """Run ``work``, which only reads committed data and waits for no lock."""


class Locks(Protocol):
    """Locks that are released at the end of the transaction."""

    def lock(self, name: str) -> None:
        """Lock ``name``, an instance id, against concurrent writes (D-20)."""


class Rehearses(Protocol):
    """Dry runs."""

    def rehearse(self) -> None:
        """Roll back this transaction at its end."""


class TellsTime(Protocol):
    """The clock of the store."""

    def time(self) -> datetime:
        """Return the current time of the clock that all hosts share."""
