"""Users by origin and name, with their role collections (``usercontroller``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authorization.collections.assign import assign, unassign
from broker.authorization.groups.model import UserWithGroups
from broker.authorization.groups.ports import UserGroupStore
from broker.authorization.groups.read import with_groups
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, NotFound
from broker.identity.administered_zone import administered_zone
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.users.add import NewUser
from broker.identity.users.attributes import usable, valid_origin
from broker.identity.users.find import no_user

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.identity.providers.ports import ProviderStore
    from broker.identity.user import User
    from broker.identity.users.add import AddUser
    from broker.identity.users.find import UserName
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

MAX_NAMES = 100_000
MAX_USERS = 500
"""Names, or whole users, in one list; more are an error, because these lists have no pages."""


class ListsNames(Protocol):
    """Lists users of an origin."""

    def of_origin(self, zone: Zone, origin: str, part: str, limit: int) -> Sequence[User]:
        """Return users whose name contains the part, regardless of case, by name."""

    def names_of_origin(self, zone: Zone, origin: str, part: str, limit: int) -> Sequence[str]:
        """Return their names; both are one statement."""


class ByNameStore(UserGroupStore, Protocol):
    """The repositories of this module."""

    @property
    def user_names(self) -> ListsNames:
        """The lists of users by origin."""

    @property
    def providers(self) -> ProviderStore:
        """The repository of identity providers."""


@dataclass(frozen=True, slots=True)
class UsersByName:
    """Reads users by origin and name, and changes their role collections.

    Raises NotFound for an unknown zone, origin, user or role collection, and StateConflict.
    """

    transactions: Transactions[ByNameStore]
    add_user: AddUser

    def one(self, of: UserName) -> UserWithGroups:
        """Return the user with the role collections assigned to it."""

        def read(store: ByNameStore) -> UserWithGroups:
            zone = administered_zone(store, of.zone)
            return with_groups(store.groups, _existing(store, zone, of))

        return self.transactions.read(read)

    def assign(
        self, actor: Actor, of: UserName, collection: str, *, create: bool
    ) -> UserWithGroups:
        """Assign the collection and return the user; ``create`` adds a missing user.

        A local user that is added has no password. Raises InvalidRequest for its name, AccessDenied
        (D-47).
        """

        def work(store: ByNameStore) -> UserWithGroups:
            zone = administered_zone(store, of.zone)
            user = store.users.named(zone, valid_origin(of.origin), of.name)
            if user is None and create:
                # The name of many users is their address.
                email = usable({"email": of.name})["email"]
                new = NewUser(of.name, email, origin=of.origin)
                user = self.add_user.within(store, actor, zone, new)
            if user is None:
                raise NotFound(no_user(zone, of.origin, of.name))
            assign(store, actor, user, collection)
            return with_groups(store.groups, user)

        return self.transactions.run(work)

    def unassign(self, actor: Actor, of: UserName, collection: str) -> UserWithGroups:
        """End the assignment and return the user; raise NotFound without one, AccessDenied."""

        def work(store: ByNameStore) -> UserWithGroups:
            user = _existing(store, administered_zone(store, of.zone), of)
            if not unassign(store, actor, user, collection):
                raise NotFound(
                    f"Role collection {printable(collection)} is not assigned to {user.name}."
                )
            return with_groups(store.groups, user)

        return self.transactions.run(work)

    def names(self, zone: str, origin: str, part: str) -> Sequence[str]:
        """Return the names of the origin's users that contain the part, regardless of case.

        Raises InvalidRequest for more than ``MAX_NAMES``.
        """

        def read(store: ByNameStore) -> Sequence[str]:
            in_zone, known = _origin(store, zone, origin)
            found = store.user_names.names_of_origin(in_zone, known, part, MAX_NAMES + 1)
            _require_at_most(MAX_NAMES, found)
            return found

        return self.transactions.read(read)

    def users(self, zone: str, origin: str, part: str) -> Sequence[UserWithGroups]:
        """Return these users; raise InvalidRequest for more than ``MAX_USERS``."""

        def read(store: ByNameStore) -> Sequence[UserWithGroups]:
            in_zone, known = _origin(store, zone, origin)
            found = store.user_names.of_origin(in_zone, known, part, MAX_USERS + 1)
            _require_at_most(MAX_USERS, found)
            groups = store.groups.names_of(found) if found else {}
            return [UserWithGroups(each, groups.get(each.row_id, ())) for each in found]

        return self.transactions.read(read)

    def origins(self, zone: str) -> Sequence[str]:
        """Return the origins of the zone's identity providers, the local store first."""

        def read(store: ByNameStore) -> Sequence[str]:
            found = store.providers.of_zone(administered_zone(store, zone))
            return [LOCAL_ORIGIN, *(each.origin for each in found if not each.is_local)]

        return self.transactions.read(read)


def _existing(store: ByNameStore, zone: Zone, of: UserName) -> User:
    user = store.users.named(zone, valid_origin(of.origin), of.name)
    if user is None:
        raise NotFound(no_user(zone, of.origin, of.name))
    return user


def _origin(store: ByNameStore, zone: str, origin: str) -> tuple[Zone, str]:
    in_zone, known = administered_zone(store, zone), valid_origin(origin)
    if not store.users.has_provider(in_zone, known):
        raise NotFound("Could not get user names: didn't find idp")
    return in_zone, known


def _require_at_most(limit: int, found: Sequence[object]) -> None:
    if len(found) > limit:
        raise InvalidRequest.at(
            "query parameter filter", f"more than {limit} users", "a part of fewer names, or /Users"
        )
