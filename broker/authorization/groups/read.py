"""Lists of users with their role collections, and of groups with their members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.groups.model import MAX_ENTITIES, MAX_MEMBERS, Group, UserWithGroups
from broker.authorization.groups.ports import WithGroups
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, NotFound
from broker.identity.administered_zone import administered_zone
from broker.identity.user import is_storable
from broker.identity.users.find import unknown_id
from broker.search.condition import Comparison, Operator, Page, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import RoleCollection
    from broker.authorization.groups.model import GroupMember
    from broker.authorization.groups.ports import Groups, NamesOfCollections
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class ReadUsersWithGroups:
    """Reads users with their role collections; ``zone`` is an index, GUID or subdomain."""

    transactions: Transactions[WithGroups]

    def page(self, zone: str, selection: Selection, *, groups: bool) -> Page[UserWithGroups]:
        """Return a page of users, with the names of their role collections if asked for.

        The number of statements does not depend on that of the users. Raises NotFound,
        StateConflict.
        """

        def read(store: WithGroups) -> Page[UserWithGroups]:
            found = store.user_search.select(administered_zone(store, zone), selection)
            names = store.groups.names_of(found.items) if groups and found.items else {}
            users = [UserWithGroups(each, names.get(each.row_id, ())) for each in found.items]
            return Page(users, found.total)

        return self.transactions.read(read)

    def one(self, zone: str, user_id: str) -> UserWithGroups:
        """Return the user; raise NotFound, StateConflict."""
        found = self.page(zone, _only("id", user_id), groups=True) if is_storable(user_id) else None
        if found is None or not found.items:
            raise NotFound(unknown_id(user_id))
        return found.items[0]


@dataclass(frozen=True, slots=True)
class ReadGroups:
    """Reads role collections as groups; ``zone`` is an index, GUID or subdomain."""

    transactions: Transactions[WithGroups]

    def page(self, zone: str, selection: Selection, *, members: bool) -> Page[Group]:
        """Return a page of groups, with their members if asked for.

        Raises InvalidRequest if they have too many, NotFound, StateConflict.
        """

        def read(store: WithGroups) -> Page[Group]:
            found = store.groups.page(administered_zone(store, zone), selection)
            if not members:
                return Page([Group(each) for each in found.items], found.total)
            return Page(with_members(store.groups, found.items), found.total)

        return self.transactions.read(read)

    def one(self, zone: str, name: str) -> Group:
        """Return the group with its members; raise as ``page`` does."""

        def read(store: WithGroups) -> Group:
            in_zone = administered_zone(store, zone)
            return with_members(store.groups, [existing(store, in_zone, name)])[0]

        return self.transactions.read(read)

    def members(
        self, zone: str, name: str, *, users: bool
    ) -> Sequence[tuple[GroupMember, UserWithGroups | None]]:
        """Return the members of the group, with their users if asked for.

        Raises as ``page`` does, and InvalidRequest for more than ``MAX_ENTITIES`` users.
        """

        def read(store: WithGroups) -> Sequence[tuple[GroupMember, UserWithGroups | None]]:
            in_zone = administered_zone(store, zone)
            group = with_members(store.groups, [existing(store, in_zone, name)])[0]
            found = _users_of(store, in_zone, group.members) if users else {}
            return [(each, found.get(each.user_id)) for each in group.members]

        return self.transactions.read(read)

    def member(
        self, zone: str, name: str, user_id: str, *, users: bool = False
    ) -> tuple[GroupMember, UserWithGroups | None]:
        """Return the member of the group, with its user if asked for.

        Raises NotFound, StateConflict.
        """

        def read(store: WithGroups) -> tuple[GroupMember, UserWithGroups | None]:
            in_zone = administered_zone(store, zone)
            member = existing_member(store, existing(store, in_zone, name), user_id)
            found = _users_of(store, in_zone, [member]) if users else {}
            return member, found.get(user_id)

        return self.transactions.read(read)


def _users_of(
    store: WithGroups, zone: Zone, members: Sequence[GroupMember]
) -> dict[str, UserWithGroups]:
    """Return the users of these members by their ids; raise InvalidRequest for too many."""
    if len(members) > MAX_ENTITIES:
        raise InvalidRequest.at(
            "query parameter returnEntities",
            f"a group of more than {MAX_ENTITIES} members",
            "false, or /Users",
        )
    users = store.user_search.with_ids(zone, [each.user_id for each in members]) if members else {}
    names = store.groups.names_of(list(users.values())) if users else {}
    return {
        user_id: UserWithGroups(user, names.get(user.row_id, ())) for user_id, user in users.items()
    }


def with_groups(groups: NamesOfCollections, user: User) -> UserWithGroups:
    """Return this user, as it was read or changed, with its present role collections."""
    return UserWithGroups(user, groups.names_of([user]).get(user.row_id, ()))


def with_members(groups: Groups, collections: Sequence[RoleCollection]) -> list[Group]:
    """Return the groups with all their members; raise InvalidRequest for too many."""
    found = groups.members(collections, MAX_MEMBERS + 1) if collections else {}
    if sum(map(len, found.values())) > MAX_MEMBERS:
        raise InvalidRequest.at(
            "members",
            f"more than {MAX_MEMBERS} members in one response",
            "fewer groups (count), or attributes without members",
        )
    return [Group(each, found.get(each.row_id, ())) for each in collections]


def existing(store: WithGroups, zone: Zone, name: str) -> RoleCollection:
    """Return the role collection with exactly this name; raise NotFound."""
    found = store.groups.page(zone, _only("id", name)).items if is_storable(name) else ()
    if not found:
        raise NotFound(f"Group {printable(name)} does not exist")
    return found[0]


def existing_member(store: WithGroups, group: RoleCollection, user_id: str) -> GroupMember:
    """Return the member of the group; raise NotFound."""
    found = store.groups.member(group, user_id) if is_storable(user_id) else None
    if found is None:
        raise NotFound(f"Member {printable(user_id)} does not exist in group {group.name}")
    return found


def _only(attribute: str, value: str) -> Selection:
    return Selection(attribute, Comparison(attribute, Operator.EQUAL, value), limit=1)
