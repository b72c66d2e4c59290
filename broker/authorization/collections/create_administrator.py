"""The first administrator of a zone, or an operator, from the command line (I-24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authentication.passwords.links import LinkPurpose, LinkStore
from broker.authorization.collections import ports
from broker.authorization.collections.assign import assign
from broker.authorization.collections.built_in import operator_zone
from broker.authorization.collections.names import ADMINISTRATORS, OPERATORS
from broker.identity.administered_zone import administered_zone
from broker.identity.users import ports as identity
from broker.identity.users.add import AddingStore, NewUser

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.authentication.passwords.links import PasswordLinks
    from broker.identity.set_password import SetPassword
    from broker.identity.user import User
    from broker.identity.users.add import AddUser
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


class Users(identity.Users, ports.Users, Protocol):
    """The users, for their creation and for assignments."""


class Assignments(identity.Assignments, ports.Assignments, Protocol):
    """The assignments of role collections."""

    def is_last_administrator(self, user: User, now: datetime | None = None) -> bool:
        """Return whether no other active user is an administrator; lock the zone (I-160)."""


class AdministratorStore(AddingStore, LinkStore, ports.CollectionStore, Protocol):
    """The repositories of this module."""

    @property
    def users(self) -> Users:
        """The repository of users."""

    @property
    def assignments(self) -> Assignments:
        """The repository of assignments."""


@dataclass(frozen=True, slots=True)
class CreateAdministrator:
    """Creates local users with the role collection of administrators or operators."""

    transactions: Transactions[AdministratorStore]
    add_user: AddUser
    set_password: SetPassword
    links: PasswordLinks

    def of_zone(
        self, actor: Actor, zone: str, requested: NewUser, password: str | None
    ) -> tuple[User, str | None]:
        """Create an administrator of the zone with this index, GUID or subdomain.

        Return the user and, without a password, the secret part of a setup link. Raises
        AlreadyExists, InvalidRequest, NotFound and StateConflict; then nothing was stored.
        """
        return self._create(
            actor,
            lambda store: administered_zone(store, zone),
            ADMINISTRATORS,
            requested,
            password,
        )

    def operator(
        self, actor: Actor, requested: NewUser, password: str | None
    ) -> tuple[User, str | None]:
        """Create an operator, like ``of_zone``."""
        return self._create(actor, operator_zone, OPERATORS, requested, password)

    def _create(
        self,
        actor: Actor,
        zone_of: Callable[[AdministratorStore], Zone],
        collection: str,
        requested: NewUser,
        password: str | None,
    ) -> tuple[User, str | None]:
        zone = self.transactions.run(zone_of)
        phc = (
            None
            if password is None
            else self.set_password.hashed(zone, requested.name, requested.email, password)
        )

        def create(store: AdministratorStore) -> tuple[User, str | None]:
            user = self.add_user.within(store, actor, zone_of(store), requested)
            assign(store, actor, user, collection)
            if phc is None:
                return user, self.links.within(store, actor, user, LinkPurpose.SETUP)
            self.set_password.write(store, actor, user, phc)
            return user, None

        return self.transactions.run(create)
