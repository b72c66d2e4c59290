"""Who has a scope of an application: users by assignments, and the mappings that give it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from broker.authorization.decision.assigned import MAX_CANDIDATES, Membership, ValueSource
from broker.authorization.explain_rights import NamedClients, client_named, full_scope
from broker.descriptor.names import USER_SCOPES
from broker.identity.administered_zone import ZoneStore, administered_zone
from broker.identity.user import is_storable
from broker.transactions import Transactions

if TYPE_CHECKING:
    from broker.authorization.collections.model import CollectionMapping
    from broker.authorization.decision.assigned import Assigned
    from broker.authorization.decision.path import Removal
    from broker.authorization.user_rights import DecidedRights
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.identity.zone import Zone

MAX_MAPPINGS = 50


@dataclass(frozen=True, slots=True)
class HolderQuery:
    """Selects assignments of active users that have not ended at ``now``, by user name.

    ``text`` is a part of the name or e-mail address. ``has_snapshots``: whether the users need what
    their providers stated.
    """

    now: datetime
    text: str = ""
    is_descending: bool = False
    skip: int = 0
    limit: int = 50
    has_snapshots: bool = False


@dataclass(frozen=True, slots=True)
class AssignedUser:
    """A user with one assignment."""

    user: User
    collection_row_id: int
    created_by: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ScopeHolder:
    """A user with the assignment of a collection that contains the scope.

    ``removals`` are why tokens do not contain it nevertheless; a token needs no such reason.
    """

    assigned: AssignedUser
    collection: str
    removals: tuple[Removal, ...]


@dataclass(frozen=True, slots=True)
class ScopeHolders:
    """Who has the scope.

    ``is_of_every_user``: it needs no role. ``mappings`` are at most ``MAX_MAPPINGS``: whose users
    they give the scope is known with the users' next logon only. ``is_partial``: more collections
    contain the scope than were read.
    """

    client: Client
    scope: str
    holders: Sequence[ScopeHolder]
    collections: Sequence[str]
    mappings: Sequence[CollectionMapping]
    is_of_every_user: bool
    is_partial: bool


class Holders(Protocol):
    """Reads who has role collections; every method is one statement."""

    def assigned(
        self, zone: Zone, row_ids: Collection[int], query: HolderQuery
    ) -> Sequence[AssignedUser]:
        """Return the users of the collections."""

    def mappings(
        self, zone: Zone, row_ids: Collection[int], limit: int
    ) -> Sequence[CollectionMapping]:
        """Return the mappings to the collections."""


class HolderStore(ZoneStore, Protocol):
    """The store of this module."""

    @property
    def scope_holders(self) -> Holders:
        """Who has role collections."""


@dataclass(frozen=True, slots=True)
class ReadScopeHolders:
    """Lists who has a scope, by the function that decides rights for tokens."""

    transactions: Transactions[HolderStore]
    clients: NamedClients
    rights: DecidedRights
    clock: Clock

    def in_zone(self, zone: str, client: str, scope: str, *, text: str, limit: int) -> ScopeHolders:
        """Return the first holders in the zone with this index, GUID or subdomain.

        Raises NotFound, and StateConflict for a zone without users (D-53).
        """
        found = self.transactions.read(lambda store: administered_zone(store, zone))
        query = HolderQuery(self.clock.now(), text=text, limit=limit)
        return self(found, client, scope, query)

    def __call__(self, zone: Zone, client: str, scope: str, query: HolderQuery) -> ScopeHolders:
        """Return a page of the holders; ``client`` and ``scope`` as in ``ExplainRights``.

        Four statements, however many users there are. Raises NotFound, StateConflict.
        """
        found, settings = client_named(self.clients, zone, client)
        name = full_scope(found, settings, scope)
        given = self.rights.containing(found, name)
        names = {each.collection_row_id: each.collection for each in given.memberships}
        users, mappings = self._read(zone, names, query, given)
        members = [
            (each.user, Membership(each.collection_row_id, "", each.expires_at)) for each in users
        ]
        removals = self.rights.removals(given, members, found, settings, name)
        return ScopeHolders(
            client=found,
            scope=name,
            holders=[
                ScopeHolder(each, names[each.collection_row_id], removed)
                for each, removed in zip(users, removals, strict=True)
            ],
            collections=sorted(names.values()),
            mappings=mappings,
            is_of_every_user=name in USER_SCOPES,
            is_partial=len(names) >= MAX_CANDIDATES,
        )

    def _read(
        self, zone: Zone, row_ids: Collection[int], query: HolderQuery, given: Assigned
    ) -> tuple[Sequence[AssignedUser], Sequence[CollectionMapping]]:
        if not row_ids or not is_storable(query.text):
            return (), ()
        query = replace(query, has_snapshots=_depends_on_provider(given))

        def read(
            store: HolderStore,
        ) -> tuple[Sequence[AssignedUser], Sequence[CollectionMapping]]:
            holders = store.scope_holders
            mappings = holders.mappings(zone, row_ids, MAX_MAPPINGS)
            return holders.assigned(zone, row_ids, query), mappings

        return self.transactions.read(read)


def _depends_on_provider(given: Assigned) -> bool:
    return any(
        each.source == ValueSource.PROVIDER
        for role in given.roles
        for each in role.attributes.values()
    )
