"""The list of zones for the operator, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.identity.user import is_storable
from broker.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.identity.zone import Zone


@dataclass(frozen=True, slots=True)
class ZoneSummary:
    """A zone with the numbers of its service instances and users.

    ``platform`` is '' for a zone that a rule of the operator named.
    """

    zone: Zone
    platform: str
    instances: int
    users: int


class ZoneLists(Protocol):
    """Lists zones."""

    def page(self, text: str, *, descending: bool, skip: int, limit: int) -> Sequence[ZoneSummary]:
        """Return zones whose name contains the text, by name; one statement."""


class WithZoneLists(Protocol):
    """A transaction that lists zones."""

    @property
    def zone_lists(self) -> ZoneLists:
        """The repository of the list."""


@dataclass(frozen=True, slots=True)
class ListZones:
    """Lists the zones of tenants, without the operator's own."""

    transactions: Transactions[WithZoneLists]

    def page(
        self, text: str, *, descending: bool = False, skip: int, limit: int
    ) -> Sequence[ZoneSummary]:
        """Return at most ``limit`` zones after ``skip``; the name or GUID contains the text."""
        if not is_storable(text):
            return ()
        return self.transactions.read(
            lambda store: store.zone_lists.page(
                text.lower(), descending=descending, skip=skip, limit=limit
            )
        )
