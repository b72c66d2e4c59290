"""Store interfaces of users with their role collections, and of groups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from broker.authorization.collections.create_administrator import Assignments, Users
from broker.authorization.collections.model import RoleCollection
from broker.authorization.collections.ports import CollectionStore
from broker.authorization.groups.model import GroupMember
from broker.identity.administered_zone import ZoneStore
from broker.identity.user import User
from broker.identity.users.add import AddingStore
from broker.identity.zone import Zone
from broker.search.condition import Page, Selection


class NamesOfCollections(Protocol):
    """Knows the role collections of users."""

    def names_of(self, users: Sequence[User]) -> Mapping[int, Sequence[str]]:
        """Return the sorted names of the users' current role collections, by their row ids."""


class Groups(NamesOfCollections, Protocol):
    """Reads groups; every method is at most one statement, ``page`` two."""

    def page(self, zone: Zone, selection: Selection) -> Page[RoleCollection]:
        """Return a page of the zone's role collections; names are of ``GROUP_ATTRIBUTES``."""

    def members(
        self, collections: Sequence[RoleCollection], limit: int
    ) -> Mapping[int, Sequence[GroupMember]]:
        """Return at most so many current members of these collections, by their row ids."""

    def member(self, collection: RoleCollection, user_id: str) -> GroupMember | None:
        """Return the current member with this user id."""


class UsersInZone(Protocol):
    """Finds and lists users."""

    def select(self, zone: Zone, selection: Selection) -> Page[User]:
        """Return a page of the zone's users, without snapshots, by ``USER_ATTRIBUTES``."""

    def with_ids(self, zone: Zone, user_ids: Collection[str]) -> Mapping[str, User]:
        """Return those of the zone's users, without snapshots, by their ids."""


class WithGroups(ZoneStore, Protocol):
    """The store of users with their role collections, and of groups."""

    @property
    def groups(self) -> Groups:
        """The repository of groups."""

    @property
    def user_search(self) -> UsersInZone:
        """The lists of users."""


class GroupStore(CollectionStore, WithGroups, Protocol):
    """The store of changes of groups."""


class UserGroupStore(AddingStore, CollectionStore, Protocol):
    """The store of changes of users together with their role collections."""

    @property
    def users(self) -> Users:
        """The repository of users."""

    @property
    def assignments(self) -> Assignments:
        """The repository of assignments."""

    @property
    def groups(self) -> NamesOfCollections:
        """The repository of groups."""
