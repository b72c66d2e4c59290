"""Changes of users together with their role collections, each in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.authorization.collections.assign import assign, unassign
from broker.authorization.collections.find import locked_zone
from broker.authorization.groups.model import UserWithGroups
from broker.authorization.groups.ports import UserGroupStore
from broker.authorization.groups.read import with_groups
from broker.errors import InvalidRequest
from broker.identity.administered_zone import administered_zone
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.users.find import user_to_change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.audit.actor import Actor
    from broker.identity.user import User
    from broker.identity.users.add import AddUser, NewUser
    from broker.identity.users.change import ChangeUser
    from broker.identity.users.delete import DeleteUser
    from broker.identity.users.find import UserId, UserName
    from broker.identity.zone import Zone
    from broker.identity.zone_settings import ZoneSettings
    from broker.transactions import Transactions

MAX_ASSIGNMENTS = 1000
"""Assignments that one request makes or ends."""


class SettingsOfZones(Protocol):
    """Reads the settings of zones."""

    def of(self, zone_: Zone) -> ZoneSettings:
        """Return the settings of the zone."""


class WriteStore(UserGroupStore, Protocol):
    """The repositories of this module."""

    @property
    def zone_settings(self) -> SettingsOfZones:
        """The repository of settings."""


@dataclass(frozen=True, slots=True)
class UserChange:
    """What changes of a user.

    ``attributes`` are those of ``ChangeUser.change``. ``collections`` replaces all that are
    assigned to the user; those that stay keep their expiry. None keeps the present ones.
    """

    attributes: Mapping[str, str | bool | None] | None = None
    collections: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class WriteUsers:
    """Creates, changes and deletes users; ``zone`` is an index, GUID or subdomain.

    Raises NotFound for an unknown zone, provider, user or role collection, InvalidRequest,
    AlreadyExists, AccessDenied for a change of who holds a built-in role or of such a holder
    (D-47), and StateConflict, also for the zone's last administrator (I-160).
    """

    transactions: Transactions[WriteStore]
    add_user: AddUser
    change_user: ChangeUser
    delete_user: DeleteUser

    def create(self, actor: Actor, zone: str, requested: NewUser) -> UserWithGroups:
        """Create and return a user without role collections.

        Without ``origin`` it is one of the zone's default identity provider.
        """
        return self.create_all(actor, zone, [(requested, ())])[0]

    def create_all(
        self, actor: Actor, zone: str, requested: Sequence[tuple[NewUser, Sequence[str]]]
    ) -> Sequence[UserWithGroups]:
        """Create all users with these role collections, or none; return them in this order."""
        _require_few(sum(len(names) for _, names in requested))

        def work(store: WriteStore) -> Sequence[UserWithGroups]:
            in_zone = administered_zone(store, zone)
            users = []
            for new, names in requested:
                user = self._added(store, actor, in_zone, new)
                for name in dict.fromkeys(names):
                    assign(store, actor, user, name)
                users.append(user)
            found = store.groups.names_of(users) if users else {}
            return [UserWithGroups(each, found.get(each.row_id, ())) for each in users]

        return self.transactions.run(work)

    def change(
        self,
        actor: Actor,
        of: UserName | UserId,
        change: UserChange,
        *,
        origin: str | None = None,
        expected: int | None = None,
    ) -> UserWithGroups:
        """Change and return the user; ``origin`` and ``expected`` are those of ``ChangeUser``."""
        collections = change.collections

        def work(store: WriteStore) -> UserWithGroups:
            # The zone before the user, as an assignment locks them.
            find = administered_zone if collections is None else locked_zone
            zone = find(store, of.zone)
            if change.attributes is None:
                user = user_to_change(store, zone, of)
            else:
                user = self.change_user.within(
                    store, actor, zone, of, change.attributes, origin=origin, expected=expected
                )
            if collections is not None:
                _replace(store, actor, user, collections)
            return with_groups(store.groups, user)

        return self.transactions.run(work)

    def delete(
        self, actor: Actor, of: UserName | UserId, expected: int | None = None
    ) -> UserWithGroups:
        """Delete the user; return it with the role collections that it had."""

        def work(store: WriteStore) -> UserWithGroups:
            zone = administered_zone(store, of.zone)
            found = with_groups(store.groups, user_to_change(store, zone, of))
            deleted = self.delete_user.within(store, actor, zone, of, expected)
            return UserWithGroups(deleted, found.groups)

        return self.transactions.run(work)

    def _added(self, store: WriteStore, actor: Actor, zone: Zone, requested: NewUser) -> User:
        if not requested.origin:
            default = store.zone_settings.of(zone).default_idp or LOCAL_ORIGIN
            requested = replace(requested, origin=default)
        return self.add_user.within(store, actor, zone, requested)


def _replace(store: WriteStore, actor: Actor, user: User, collections: Sequence[str]) -> None:
    present, wanted = set(with_groups(store.groups, user).groups), set(collections)
    _require_few(len(present ^ wanted))
    for name in sorted(present - wanted):
        unassign(store, actor, user, name)
    for name in sorted(wanted - present):
        assign(store, actor, user, name)


def _require_few(number: int) -> None:
    if number > MAX_ASSIGNMENTS:
        raise InvalidRequest.at(
            "roleCollections",
            f"{number} role collections to assign or take away",
            f"at most {MAX_ASSIGNMENTS}",
        )
