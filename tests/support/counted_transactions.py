"""Transactions of a domain that are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.domain import Domain


@dataclass
class CountedTransactions:
    """Runs work as the domain does, and counts how often."""

    domain: Domain
    runs: int = 0
    reads: int = 0

    def run(self, work: Callable[[Any], Any]) -> Any:
        """Run the work in a transaction."""
        self.runs += 1
        return self.domain.transactions.run(work)

    def read(self, work: Callable[[Any], Any]) -> Any:
        """Run the work without a transaction."""
        self.reads += 1
        return self.domain.transactions.read(work)
