"""The role collections of one user: assigned ones, and those by mappings of its provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections.assign import assign, unassign
from broker.authorization.collections.find import locked_zone
from broker.authorization.collections.mapped import applicable
from broker.authorization.groups.ports import UserGroupStore
from broker.authorization.groups.read import with_groups
from broker.descriptor.paths import printable
from broker.errors import NotFound
from broker.identity.administered_zone import administered_zone
from broker.identity.users.find import UserId, unknown_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.audit.actor import Actor
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class UserCollections:
    """The names of a user's role collections at present, sorted.

    ``mapped`` are those that mappings give for what the provider stated at the last logon.
    """

    assigned: Sequence[str]
    mapped: Sequence[str]


@dataclass(frozen=True, slots=True)
class CollectionsOfUser:
    """Reads and changes the role collections of one user.

    Raises NotFound for an unknown zone, user or role collection, and StateConflict.
    """

    transactions: Transactions[UserGroupStore]

    def __call__(self, of: UserId) -> UserCollections:
        """Return the role collections."""
        return self.transactions.read(
            lambda store: _collections(
                store, _existing(store, administered_zone(store, of.zone), of)
            )
        )

    def assign(self, actor: Actor, of: UserId, names: Sequence[str]) -> UserCollections:
        """Assign all of these collections; return all of the user. Raises AccessDenied (D-47)."""

        def change(store: UserGroupStore, user: User) -> None:
            for name in dict.fromkeys(names):
                assign(store, actor, user, name)

        return self._changed(of, change)

    def unassign(self, actor: Actor, of: UserId, names: Sequence[str]) -> UserCollections:
        """End all of these assignments; return the rest.

        Raises NotFound if one is missing, AccessDenied, and StateConflict for the zone's last
        administrator.
        """

        def change(store: UserGroupStore, user: User) -> None:
            for name in dict.fromkeys(names):
                if not unassign(store, actor, user, name):
                    raise NotFound(
                        f"Role collection {printable(name)} is not assigned to {user.name}."
                    )

        return self._changed(of, change)

    def _changed(
        self, of: UserId, change: Callable[[UserGroupStore, User], None]
    ) -> UserCollections:
        def work(store: UserGroupStore) -> UserCollections:
            user = _existing(store, locked_zone(store, of.zone), of)
            change(store, user)
            return _collections(store, user)

        return self.transactions.run(work)


def _existing(store: UserGroupStore, zone: Zone, of: UserId) -> User:
    user = store.users.find(of.user_id)
    if user is None or user.zone != zone:
        raise NotFound(unknown_id(of.user_id))
    return user


def _collections(store: UserGroupStore, user: User) -> UserCollections:
    mappings = store.mappings.of_origin(user.zone, user.origin)
    mapped = {each.collection for each in applicable(mappings, user.snapshot)}
    return UserCollections(with_groups(store.groups, user).groups, sorted(mapped))
