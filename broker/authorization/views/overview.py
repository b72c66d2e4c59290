"""The overview of a zone's role collections: how many roles, users and mappings each has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from broker.identity.user import is_storable
from broker.identity.users.search import ascii_lowered
from broker.transactions import Transactions

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authorization.collections.model import RoleCollection
    from broker.authorization.views.model import HeldRole
    from broker.identity.zone import Zone

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
    """Selects collections whose name contains ``text`` or is ``name``, and read-only ones or not.

    None selects all. The order is by name or by the number of users. Assignments that end before
    ``now`` are not counted.
    """

    now: datetime
    text: str = ""
    name: str | None = None
    is_read_only: bool | None = None
    order: CollectionOrder = "name"
    is_descending: bool = False
    skip: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Assignee:
    """A user to whom a collection is assigned, with the assignment."""

    user_id: str
    origin: str
    name: str
    email: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None


class Overviews(Protocol):
    """Reads overviews; every method is one statement."""

    def page(self, zone: Zone, query: CollectionQuery) -> Sequence[CollectionSummary]:
        """Return the selected collections."""

    def roles(self, zone: Zone, text: str, limit: int) -> Sequence[HeldRole]:
        """Return roles whose name, template or application contains the text, in this order."""

    def assignees(self, collection: RoleCollection, *, skip: int, limit: int) -> Sequence[Assignee]:
        """Return the users of the collection by origin and name, expired assignments included."""

    def numbers_of_origins(self, zone: Zone) -> Mapping[str, tuple[int, int]]:
        """Return the numbers of users and mappings by origin; none of an origin without both."""


class OverviewStore(Protocol):
    """The store of overviews."""

    @property
    def collection_overviews(self) -> Overviews:
        """The repository of overviews."""


@dataclass(frozen=True, slots=True)
class CollectionOverviews:
    """Reads overviews of zones that the caller may read."""

    transactions: Transactions[OverviewStore]

    def page(self, zone: Zone, query: CollectionQuery) -> Sequence[CollectionSummary]:
        """Return the selected collections."""
        if not is_storable(query.text, query.name or ""):
            return ()
        return self.transactions.read(lambda store: store.collection_overviews.page(zone, query))

    def roles(self, zone: Zone, text: str, limit: int) -> Sequence[HeldRole]:
        """Return roles of the zone whose name, template or application contains the text."""
        if not is_storable(text):
            return ()
        return self.transactions.read(
            lambda store: store.collection_overviews.roles(zone, ascii_lowered(text), limit)
        )
