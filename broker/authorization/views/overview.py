"""The overview of a zone's role collections: how many roles, users and mappings each has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from broker.identity.administered_zone import ZoneStore, administered_zone
from broker.identity.user import is_storable

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authorization.collections.model import RoleCollection
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

CollectionOrder = Literal["name", "users"]


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """A role collection and the numbers of its parts; expired assignments are not counted."""

    collection: RoleCollection
    roles: int
    users: int
    mappings: int


@dataclass(frozen=True, slots=True)
class CollectionQuery:
    """Selects collections whose name contains ``text`` and that are read-only or not.

    None selects both. The order is by name or by the number of users. Assignments that end before
    ``now`` are not counted.
    """

    now: datetime
    text: str = ""
    is_read_only: bool | None = None
    order: CollectionOrder = "name"
    is_descending: bool = False
    skip: int = 0
    limit: int = 50


class Overviews(Protocol):
    """Reads overviews."""

    def page(self, zone: Zone, query: CollectionQuery) -> Sequence[CollectionSummary]:
        """Return the selected collections; one statement."""


class OverviewStore(ZoneStore, Protocol):
    """The store of overviews."""

    @property
    def collection_overviews(self) -> Overviews:
        """The repository of overviews."""


@dataclass(frozen=True, slots=True)
class CollectionOverviews:
    """Reads overviews; ``zone`` is an index, GUID or subdomain. Raises NotFound, StateConflict."""

    transactions: Transactions[OverviewStore]

    def page(self, zone: str, query: CollectionQuery) -> Sequence[CollectionSummary]:
        """Return the selected collections."""
        if not is_storable(query.text):
            return ()
        return self.transactions.read(
            lambda store: store.collection_overviews.page(administered_zone(store, zone), query)
        )
