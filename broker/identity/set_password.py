"""Set the password of a local user (I-17, I-22)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.errors import NotFound
from broker.identity.administered_zone import ZoneStore, administered_zone
from broker.identity.built_in_roles import HoldersOfRoles, require_change_of_user
from broker.identity.password_hash import hash_password
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.user_events import user_event

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.audit.ports import AuditTrail
    from broker.identity.password_policy import PasswordPolicy
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


class LocalUsers(Protocol):
    """The users whose passwords are set."""

    def named(self, zone: Zone, origin: str, name: str, /) -> User | None:
        """Return the zone's user of this origin and name."""

    def end_all(self, user: User, now: datetime, /) -> object:
        """End the user's sessions, codes and tokens: raise the token epoch (I-09)."""


class Passwords(Protocol):
    """The passwords of users."""

    def put(self, user: User, phc: str, now: datetime, *, change_required: bool) -> None:
        """Store the hash as the user's only password."""


class PasswordStore(ZoneStore, Protocol):
    """The repositories of this module."""

    @property
    def users(self) -> LocalUsers:
        """The repository of users."""

    @property
    def passwords(self) -> Passwords:
        """The repository of passwords."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""

    def time(self) -> datetime:
        """Return the database's time."""


class AdministeredPasswords(PasswordStore, Protocol):
    """The repositories behind the change of another user's password."""

    @property
    def assignments(self) -> HoldersOfRoles:
        """The repository of role assignments."""


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Sets passwords. A change ends all sessions and tokens of the user."""

    transactions: Transactions[AdministeredPasswords]
    policy: PasswordPolicy
    hash: Callable[[str], str] = hash_password
    """Servers limit the number of concurrent hashes (I-15)."""

    def __call__(
        self, actor: Actor, zone: Zone, name: str, password: str, *, change_required: bool = False
    ) -> User:
        """Set the password of the zone's local user; return the user as it was before.

        ``change_required`` demands another password before the next logon (I-21). Raises NotFound,
        AccessDenied for a holder of a built-in role whom the actor may not change (D-47), and
        InvalidRequest for a password that the policy refuses.
        """
        user = self.transactions.read(lambda store: local_user(store, zone, name))
        phc = self.hashed(zone, user.name, user.email, password)

        def change(store: AdministeredPasswords) -> User:
            current = local_user(store, zone, name)
            require_change_of_user(actor, store.assignments, current)
            self.write(store, actor, current, phc, change_required=change_required)
            return current

        return self.transactions.run(change)

    def in_zone(
        self, actor: Actor, zone: str, name: str, password: str, *, change_required: bool = False
    ) -> User:
        """Set the password in the zone with this index, GUID or subdomain; return the user.

        Raises StateConflict for a zone with several tenants, and like a call.
        """
        found = self.transactions.read(lambda store: administered_zone(store, zone))
        return self(actor, found, name, password, change_required=change_required)

    def hashed(self, zone: Zone, name: str, email: str | None, password: str) -> str:
        """Return the hash of an accepted password; raise InvalidRequest.

        For callers that add the user and ``write`` the password in one transaction: hashing takes
        too long for a transaction.
        """
        self.policy.require(password, (name, email, zone.subdomain, zone.guid))
        return self.hash(password)

    def require_accepted(self, user: User, password: str) -> None:
        """Raise InvalidRequest unless the policy accepts the password for the user."""
        zone = user.zone
        self.policy.require(password, (user.name, user.email, zone.subdomain, zone.guid))

    @staticmethod
    def write(  # noqa: PLR0913 - the parts of a change
        store: PasswordStore,
        actor: Actor,
        user: User,
        phc: str,
        *,
        change_required: bool = False,
        via: str = "",
    ) -> None:
        """Store the hash, end the user's sessions and tokens, and audit, in one transaction.

        ``via`` is the purpose of the one-time link that the user followed.
        """
        now = store.time()
        store.passwords.put(user, phc, now, change_required=change_required)
        store.users.end_all(user, now)
        details = {"change_required": change_required, **({"link": via} if via else {})}
        store.audit.append(user_event(Action.SET_PASSWORD, actor, user, now, **details))


def local_user(store: PasswordStore, zone: Zone, name: str) -> User:
    """Return the zone's user of the local store; raise NotFound."""
    user = store.users.named(zone, LOCAL_ORIGIN, name)
    if user is None:
        raise NotFound(f"Zone {zone.subdomain} has no user {name[:64]} of origin {LOCAL_ORIGIN}.")
    return user
