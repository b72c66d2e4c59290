"""Who has which role collections: of one user, of one collection, and by provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authorization.collections.built_in import built_in_application
from broker.authorization.collections.mapped import applicable
from broker.authorization.views.collections import unknown_collection
from broker.authorization.views.model import Selection as CollectionSelection
from broker.authorization.views.overview import CollectionQuery, OverviewStore
from broker.authorization.views.ports import CollectionLists
from broker.errors import NotFound
from broker.identity.providers.provider import local_store
from broker.identity.user import is_storable
from broker.identity.users.find import unknown_id
from broker.search.condition import Selection
from broker.transactions import Transactions

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authentication.session import Session
    from broker.authorization.collections.model import Assignment, CollectionMapping
    from broker.authorization.collections.ports import RoleCollections
    from broker.authorization.views.model import HeldRole
    from broker.authorization.views.overview import Assignee, CollectionSummary
    from broker.identity.providers.provider import Provider
    from broker.identity.user import User
    from broker.identity.zone import Zone


@dataclass(frozen=True, slots=True)
class UserAccess:
    """A user with its assignments, the mappings that apply, and its live sessions."""

    user: User
    assignments: Sequence[Assignment]
    mapped: Sequence[CollectionMapping]
    sessions: Sequence[Session]


@dataclass(frozen=True, slots=True)
class CollectionAccess:
    """A collection with its roles and mappings, and a page of its users."""

    summary: CollectionSummary
    roles: Sequence[HeldRole]
    mappings: Sequence[CollectionMapping]
    assignees: Sequence[Assignee]


@dataclass(frozen=True, slots=True)
class ProviderUse:
    """A provider with the numbers of its users and mappings."""

    provider: Provider
    users: int
    mappings: int


class UserPages(Protocol):
    """Searches users."""

    def some(self, zone: Zone, selection: Selection) -> Sequence[User]:
        """Return a page of the zone's users, without snapshots, by ``USER_ATTRIBUTES``."""


class FindsUsers(Protocol):
    """Finds users by id."""

    def find(self, user_id: str, /) -> User | None:
        """Return the user, None if it does not exist."""


class ReadsAssignments(Protocol):
    """Reads assignments."""

    def holds_built_in_role(self, user: User, /) -> bool:
        """Return whether an assignment or mapping gives the user a built-in role."""

    def of_user(self, user: User) -> Sequence[Assignment]:
        """Return the user's assignments, expired ones included."""


class ReadsMappings(Protocol):
    """Reads mappings."""

    def of_origin(self, zone: Zone, origin: str) -> Sequence[CollectionMapping]:
        """Return the mappings of the origin."""


class ReadsSessions(Protocol):
    """Reads sessions."""

    def of_user(self, user: User) -> Sequence[Session]:
        """Return the stored sessions of the user, the latest first."""


class ReadsProviders(Protocol):
    """Reads identity providers."""

    def of_zone(self, zone: Zone, /) -> Sequence[Provider]:
        """Return the stored records of the zone."""


class AccessStore(OverviewStore, Protocol):
    """The store of this module."""

    @property
    def user_search(self) -> UserPages:
        """The search."""

    @property
    def users(self) -> FindsUsers:
        """The users."""

    @property
    def assignments(self) -> ReadsAssignments:
        """The assignments."""

    @property
    def mappings(self) -> ReadsMappings:
        """The mappings."""

    @property
    def sessions(self) -> ReadsSessions:
        """The sessions."""

    @property
    def providers(self) -> ReadsProviders:
        """The identity providers."""

    @property
    def collection_lists(self) -> CollectionLists:
        """The lists of role collections."""

    @property
    def role_collections(self) -> RoleCollections:
        """The role collections."""


@dataclass(frozen=True, slots=True)
class ReadAccess:
    """Reads zones that the caller may read; each method in at most four statements."""

    transactions: Transactions[AccessStore]

    def users(self, zone: Zone, selection: Selection) -> Sequence[User]:
        """Return a page of users."""
        return self.transactions.read(lambda store: store.user_search.some(zone, selection))

    def member(self, zone: Zone, user_id: str) -> User:
        """Return the user of the zone; raise NotFound."""
        return self.transactions.read(lambda store: _user(store, zone, user_id))

    def user(self, zone: Zone, user_id: str, now: datetime) -> UserAccess:
        """Return the user of the zone with its access; raise NotFound."""

        def read(store: AccessStore) -> UserAccess:
            user = _user(store, zone, user_id)
            mappings = [] if user.is_local else store.mappings.of_origin(zone, user.origin)
            sessions = [each for each in store.sessions.of_user(user) if each.is_live(now)]
            assignments = store.assignments.of_user(user)
            return UserAccess(user, assignments, applicable(mappings, user.snapshot), sessions)

        return self.transactions.read(read)

    def collection(
        self, zone: Zone, name: str, now: datetime, *, skip: int, limit: int
    ) -> CollectionAccess:
        """Return the collection with exactly this name; raise NotFound."""

        def read(store: AccessStore) -> CollectionAccess:
            query = CollectionQuery(now, name=name, limit=1)
            found = store.collection_overviews.page(zone, query) if is_storable(name) else ()
            if not found:
                raise unknown_collection(zone, name)
            collection = found[0].collection
            selection = CollectionSelection(row_id=collection.row_id)
            lists = store.collection_lists
            return CollectionAccess(
                found[0],
                lists.roles(zone, selection).get(collection.row_id, ()),
                lists.mappings(zone, selection).get(collection.row_id, ()),
                store.collection_overviews.assignees(collection, skip=skip, limit=limit),
            )

        return self.transactions.read(read)

    def gives_built_in_role(self, zone: Zone, name: str) -> bool:
        """Return whether the collection of this name contains a role of the zone's built-in one.

        False if there is no such collection.
        """
        app_id = built_in_application(zone).app_id

        def read(store: AccessStore) -> bool:
            found = store.role_collections.find(zone, name) if is_storable(name) else None
            return found is not None and store.role_collections.has_built_in_role(found, app_id)

        return self.transactions.read(read)

    def holds_built_in_role(self, user: User) -> bool:
        """Return whether an assignment or mapping gives the user a role of the built-in one."""
        return self.transactions.read(lambda store: store.assignments.holds_built_in_role(user))

    def providers(self, zone: Zone) -> Sequence[ProviderUse]:
        """Return the providers, the local store first."""

        def read(store: AccessStore) -> Sequence[ProviderUse]:
            found = store.providers.of_zone(zone)
            local = next((each for each in found if each.is_local), local_store(zone))
            others = [each for each in found if not each.is_local]
            numbers = store.collection_overviews.numbers_of_origins(zone)
            return [
                ProviderUse(each, *numbers.get(each.origin, (0, 0))) for each in (local, *others)
            ]

        return self.transactions.read(read)


def _user(store: AccessStore, zone: Zone, user_id: str) -> User:
    user = store.users.find(user_id) if is_storable(user_id) else None
    if user is None or user.zone.row_id != zone.row_id:
        raise NotFound(unknown_id(user_id))
    return user
