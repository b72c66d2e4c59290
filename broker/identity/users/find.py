"""Look-ups of a zone's users by name; another zone's user does not exist (I-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.descriptor.paths import printable
from broker.errors import NotFound
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.users.attributes import valid_origin

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.users.ports import UserStore
    from broker.identity.zone import Zone


@dataclass(frozen=True, slots=True)
class UserName:
    """A user by zone (index, GUID or subdomain), name and origin."""

    zone: str
    name: str
    origin: str = LOCAL_ORIGIN


@dataclass(frozen=True, slots=True)
class UserId:
    """A user by zone (index, GUID or subdomain) and id."""

    zone: str
    user_id: str


def user_named(store: UserStore, zone: Zone, origin: str, name: str) -> User:
    """Return the zone's user; raise NotFound, InvalidRequest for an impossible origin."""
    user = store.users.named(zone, valid_origin(origin), name)
    if user is None:
        raise NotFound(no_user(zone, origin, name))
    return user


def user_to_change(store: UserStore, zone: Zone, of: UserName | UserId) -> User:
    """Return the zone's user, locked until the commit; raise NotFound, InvalidRequest."""
    if isinstance(of, UserId):
        found, missing = store.users.find(of.user_id), unknown_id(of.user_id)
    else:
        found, missing = (
            user_named(store, zone, of.origin, of.name),
            no_user(zone, of.origin, of.name),
        )
    current = store.users.for_change(found) if found else None
    if current is None or current.zone != zone:  # deleted in between, or another zone's
        raise NotFound(missing)
    return current


def unknown_id(user_id: str) -> str:
    """Return UAA's text about a user id that the zone does not have."""
    return f"User {printable(user_id)} does not exist"


def no_user(zone: Zone, origin: str, name: str) -> str:
    """Return the text about a user that the zone does not have."""
    of_origin = "" if origin == LOCAL_ORIGIN else f" of origin {printable(origin)}"
    return f"Zone {zone.subdomain} has no user {printable(name)}{of_origin}."
