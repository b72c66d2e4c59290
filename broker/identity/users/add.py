"""Creation of users by an administrator (I-01 to I-06)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from broker.audit.event import Action
from broker.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    StateConflict,
    UserExists,
)
from broker.identity.administered_zone import administered_zone, lock_providers
from broker.identity.set_password import PasswordStore
from broker.identity.user import LOCAL_ORIGIN, User
from broker.identity.user_events import user_event
from broker.identity.users.attributes import require_valid, valid_origin
from broker.identity.users.ports import Users, UserStore
from broker.ids import new_row_id

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.set_password import SetPassword
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class NewUser:
    """The attributes of a user to create; ``external_id`` is the ``sub`` at its provider."""

    name: str
    email: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    origin: str = LOCAL_ORIGIN
    external_id: str | None = None
    phone: str | None = None
    locale: str | None = None
    is_active: bool = True


class AddingStore(UserStore, PasswordStore, Protocol):
    """The repositories behind the creation of users."""

    @property
    def users(self) -> Users:
        """The repository of users."""


@dataclass(frozen=True, slots=True)
class AddUser:
    """Creates users; a created user has a new random id and no role collections (I-03)."""

    transactions: Transactions[AddingStore]
    clock: Clock
    set_password: SetPassword

    def __call__(
        self, actor: Actor, zone_name: str, requested: NewUser, password: str | None = None
    ) -> User:
        """Create and return the user, with the password that a local user requires.

        Raises InvalidRequest, NotFound for the zone or the identity provider, AlreadyExists if a
        user of this origin has a name that differs at most by case, and StateConflict.
        """
        origin = _valid_origin_of(requested)
        if (password is None) == (origin == LOCAL_ORIGIN):
            found = f"{'no' if password is None else 'a'} password for a user of {origin}"
            raise InvalidRequest.at("password", found, f"only and always for {LOCAL_ORIGIN}")
        zone = self.transactions.read(lambda store: administered_zone(store, zone_name))
        phc = (
            None
            if password is None
            else self.set_password.hashed(zone, requested.name, requested.email, password)
        )

        def within(store: AddingStore) -> User:
            user = self.within(store, actor, administered_zone(store, zone_name), requested)
            if phc is not None:
                self.set_password.write(store, actor, user, phc)
            return user

        return self.transactions.run(within)

    def without_password(self, actor: Actor, zone_name: str, requested: NewUser) -> User:
        """Create and return the user; one of the local store gets a password by a link later.

        Raises like a call.
        """
        return self.transactions.run(
            lambda store: self.within(store, actor, administered_zone(store, zone_name), requested)
        )

    def within(self, store: UserStore, actor: Actor, zone: Zone, requested: NewUser) -> User:
        """Create and return the user in the caller's transaction; raise like a call."""
        origin = _valid_origin_of(requested)
        if origin != LOCAL_ORIGIN:
            lock_providers(store, zone)
        if not store.users.has_provider(zone, origin):
            raise NotFound(f"Zone {zone.subdomain} has no identity provider {origin}.")
        other = store.users.named(zone, origin, requested.name)
        if other is not None:
            raise UserExists(
                f"Zone {zone.subdomain} has a user {requested.name} of origin {origin} already;"
                " names of users may not differ only by case.",
                requested.name,
                other.user_id,
                is_active=other.is_active,
            )
        if requested.external_id is not None:
            require_free_external_id(store, zone, origin, requested.external_id)
        now = self.clock.now()
        user = _new_user(zone, origin, requested, now)
        store.users.add(user)
        store.audit.append(user_event(Action.CREATE_USER, actor, user, now))
        return user


def _valid_origin_of(requested: NewUser) -> str:
    require_valid(
        {
            "name": requested.name,
            "email": requested.email,
            "given_name": requested.given_name,
            "family_name": requested.family_name,
            "external_id": requested.external_id,
            "phone": requested.phone,
            "locale": requested.locale,
        }
    )
    origin = valid_origin(requested.origin)
    if requested.external_id is not None:
        require_provider_user(origin)
    return origin


def require_provider_user(origin: str) -> None:
    """Raise StateConflict for an external id of a user of the local store, which has none."""
    if origin == LOCAL_ORIGIN:
        raise StateConflict(f"Users of {LOCAL_ORIGIN} have no external id.")


def require_free_external_id(store: UserStore, zone: Zone, origin: str, external_id: str) -> None:
    """Raise AlreadyExists if a user of the zone and origin has the external id."""
    if store.users.with_external_id(zone, origin, external_id) is not None:
        raise AlreadyExists(
            f"Zone {zone.subdomain} already has a user of origin {origin} with this id."
        )


def _new_user(zone: Zone, origin: str, requested: NewUser, now: datetime) -> User:
    return User(
        row_id=new_row_id(),
        zone=zone,
        user_id=str(uuid4()),
        origin=origin,
        name=requested.name,
        created_at=now,
        updated_at=now,
        external_id=requested.external_id,
        email=requested.email,
        given_name=requested.given_name,
        family_name=requested.family_name,
        phone=requested.phone,
        locale=requested.locale,
        is_active=requested.is_active,
    )
