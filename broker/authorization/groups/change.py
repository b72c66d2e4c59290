"""Changes of groups: role collections with the users to whom they are assigned (I-150, I-161)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections import zone_collections
from broker.authorization.collections.assign import assign, unassign
from broker.authorization.collections.find import locked_zone
from broker.authorization.collections.names import (
    require_valid_description,
    require_valid_name,
)
from broker.authorization.groups.ports import GroupStore
from broker.authorization.groups.read import existing, existing_member, with_members
from broker.descriptor.paths import printable
from broker.errors import AlreadyExists, InvalidRequest, NotFound
from broker.identity.users.version import require_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.audit.actor import Actor
    from broker.authorization.groups.model import Group, GroupMember
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

MAX_CHANGED = 1000
"""Members that one request adds and removes."""


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """What changes of a group; user ids are of its zone.

    ``description`` None keeps the present one. ``members`` replaces all members, before those of
    ``added`` are added and those of ``removed`` are removed; None keeps them.
    """

    description: str | None = None
    members: Sequence[str] | None = None
    added: Sequence[str] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ChangeGroups:
    """Changes groups, each in one transaction; ``zone`` is an index, GUID or subdomain.

    Raises NotFound for an unknown zone, group or member, InvalidRequest, AccessDenied for a change
    of who holds a built-in role (D-47), and StateConflict, also for the zone's last administrator
    (I-160) and for another version than the expected one, if one is given.
    """

    transactions: Transactions[GroupStore]

    def create(
        self, actor: Actor, zone: str, name: str, description: str | None, members: Sequence[str]
    ) -> Group:
        """Create a role collection without roles; raise AlreadyExists, also for a similar name."""
        require_valid_name("displayName", name)
        if description is not None:
            require_valid_description("description", description)

        def work(store: GroupStore) -> Group:
            in_zone = locked_zone(store, zone)
            zone_collections.create(store, actor, in_zone, name, description)
            return _changed(store, actor, in_zone, name, GroupChanges(added=members))

        return self.transactions.run(work)

    def change(
        self, actor: Actor, zone: str, name: str, expected: int | None, changes: GroupChanges
    ) -> Group:
        """Change and return the group; raise ReadOnly for the description of a declared one."""

        def work(store: GroupStore) -> Group:
            in_zone = locked_zone(store, zone)
            return _changed(store, actor, in_zone, name, changes, expected)

        if changes.description is not None:
            require_valid_description("description", changes.description)
        return self.transactions.run(work)

    def delete(self, actor: Actor, zone: str, name: str, expected: int | None) -> Group:
        """Delete and return the group; raise ReadOnly for a declared one."""

        def work(store: GroupStore) -> Group:
            in_zone = locked_zone(store, zone)
            group = _current(store, in_zone, name, expected)
            zone_collections.delete(store, actor, in_zone, name)
            return group

        return self.transactions.run(work)

    def add_member(self, actor: Actor, zone: str, name: str, user_id: str) -> GroupMember:
        """Add and return the member; raise AlreadyExists if the user is one."""

        def work(store: GroupStore) -> GroupMember:
            in_zone = locked_zone(store, zone)
            group = existing(store, in_zone, name)
            (user,) = _users(store, in_zone, [user_id])
            if store.groups.member(group, user_id) is not None:
                raise AlreadyExists(f"{user_id} is already part of the group: {group.name}")
            assign(store, actor, user, group.name)
            return existing_member(store, group, user_id)

        return self.transactions.run(work)

    def remove_member(self, actor: Actor, zone: str, name: str, user_id: str) -> GroupMember:
        """Remove and return the member."""

        def work(store: GroupStore) -> GroupMember:
            in_zone = locked_zone(store, zone)
            group = existing(store, in_zone, name)
            member = existing_member(store, group, user_id)
            (user,) = _users(store, in_zone, [user_id])
            unassign(store, actor, user, group.name)
            return member

        return self.transactions.run(work)


def _changed(  # noqa: PLR0913, PLR0917 - what a change consists of
    store: GroupStore,
    actor: Actor,
    zone: Zone,
    name: str,
    changes: GroupChanges,
    expected: int | None = None,
) -> Group:
    group = _current(store, zone, name, expected)
    description = group.collection.description
    if changes.description is not None and changes.description != (description or ""):
        zone_collections.describe(store, actor, zone, name, changes.description or None)
    present = {each.user_id for each in group.members}
    wanted = present if changes.members is None else set(changes.members)
    wanted = wanted.union(changes.added).difference(changes.removed)
    if unknown := sorted(set(changes.removed) - present):
        raise NotFound(f"Member {printable(unknown[0])} does not exist in group {name}")
    _require_few(present ^ wanted)
    for user in _users(store, zone, sorted(wanted - present)):
        assign(store, actor, user, name)
    for user in _users(store, zone, sorted(present - wanted)):
        unassign(store, actor, user, name)
    return _current(store, zone, name, None)


def _current(store: GroupStore, zone: Zone, name: str, expected: int | None) -> Group:
    group = with_members(store.groups, [existing(store, zone, name)])[0]
    require_version(f"group ({name})", expected, group.version)
    return group


def _require_few(changed: set[str]) -> None:
    if len(changed) > MAX_CHANGED:
        raise InvalidRequest.at(
            "members", f"{len(changed)} members to add or remove", f"at most {MAX_CHANGED}"
        )


def _users(store: GroupStore, zone: Zone, user_ids: Sequence[str]) -> list[User]:
    """Return the zone's users with these ids; raise InvalidRequest for an unknown one."""
    found = store.user_search.with_ids(zone, user_ids) if user_ids else {}
    for user_id in user_ids:
        if user_id not in found:
            raise InvalidRequest.saying(
                f"Invalid group member: {printable(user_id)}",
                [],
            )
    return [found[each] for each in user_ids]
