"""One-time links to set a password, for administrators to hand over (I-23, I-24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Action
from broker.credentials.opaque import Opaque
from broker.errors import NotFound, StateConflict
from broker.identity.administered_zone import administered_zone
from broker.identity.built_in_roles import require_change_of_user
from broker.identity.set_password import AdministeredPasswords, local_user
from broker.identity.user_events import user_event

if TYPE_CHECKING:
    from broker.credentials.digest import DigestKeys
    from broker.identity.set_password import SetPassword
    from broker.identity.user import User
    from broker.transactions import Transactions

LIFETIME = timedelta(hours=24)
PATH = "/set-password"
"""The page that redeems a link."""

_KIND = "password_link"
_INVALID = "This link is invalid, was used, or has expired. Ask an administrator for a new one."


class LinkPurpose(StrEnum):
    """The purpose of a link."""

    SETUP = "setup"
    RESET = "reset"


@dataclass(frozen=True, slots=True, repr=False)
class StoredLink:
    """A link as it is stored, with its user as currently stored."""

    user: User
    lookup: str
    digest: bytes
    digest_key_id: int
    purpose: str
    created_by: str
    created_at: datetime
    expires_at: datetime


class LinkRepository(Protocol):
    """The stored links, within a transaction."""

    def put(self, link: StoredLink) -> None:
        """Store the link as the user's only one."""

    def find(self, lookup: str) -> StoredLink | None:
        """Return the link with this look-up value."""

    def take(self, lookup: str) -> bool:
        """Delete the link; return False if it was used or replaced meanwhile."""


class LinkStore(AdministeredPasswords, Protocol):
    """The repositories of this module."""

    @property
    def password_links(self) -> LinkRepository:
        """The repository of links."""


@dataclass(frozen=True, slots=True)
class PasswordLinks:
    """Creates and redeems links: 256 random bits, valid for 24 hours and once."""

    transactions: Transactions[LinkStore]
    keys: DigestKeys
    set_password: SetPassword

    def reset(self, actor: Actor, zone: str, name: str) -> tuple[User, str]:
        """Return a local user and the secret part of a new link that resets the password.

        ``zone`` is an index, GUID or subdomain. Raises NotFound, StateConflict, and AccessDenied
        for a holder of a built-in role whom the actor may not change (D-47).
        """

        def create(store: LinkStore) -> tuple[User, str]:
            user = local_user(store, administered_zone(store, zone), name)
            if not user.is_active:
                raise StateConflict(f"User {user.name} is inactive; activate the user first.")
            require_change_of_user(actor, store.assignments, user)
            return user, self.within(store, actor, user, LinkPurpose.RESET)

        return self.transactions.run(create)

    def within(self, store: LinkStore, actor: Actor, user: User, purpose: LinkPurpose) -> str:
        """Return the secret part of a new link, created in the caller's transaction.

        The user's earlier links end.
        """
        value, key, now = Opaque.new(), self.keys.newest_digest_key(), store.time()
        store.password_links.put(
            StoredLink(
                user=user,
                lookup=value.lookup,
                digest=value.digest(key, _KIND, *_owner(user), purpose),
                digest_key_id=key.id,
                purpose=purpose,
                created_by=actor.reference,
                created_at=now,
                expires_at=now + LIFETIME,
            )
        )
        store.audit.append(
            user_event(Action.CREATE_PASSWORD_LINK, actor, user, now, link=str(purpose))
        )
        return str(value)

    def user_of(self, text: str) -> User:
        """Return the user whose password the link sets; raise NotFound for an invalid link."""
        return self.find(text).user

    def find(self, text: str) -> StoredLink:
        """Return the valid link, which stays valid; raise NotFound."""
        return self.transactions.read(lambda store: self._valid(store, text))

    def redeem(self, text: str, password: str) -> User:
        """Set the password of the link's user and return the user; the link ends.

        Raises NotFound for an invalid link, and InvalidRequest for a refused password: then the
        link stays valid.
        """
        user = self.user_of(text)
        phc = self.set_password.hashed(user.zone, user.name, user.email, password)

        def redeem(store: LinkStore) -> User:
            link = self._valid(store, text)
            if not store.password_links.take(link.lookup):
                raise NotFound(_INVALID)
            actor = Actor(ActorKind.USER, link.user.user_id)
            self.set_password.write(store, actor, link.user, phc, via=link.purpose)
            return link.user

        return self.transactions.run(redeem)

    def _valid(self, store: LinkStore, text: str) -> StoredLink:
        value = Opaque.parse(text)
        link = store.password_links.find(value.lookup) if value else None
        if (
            value is None
            or link is None
            or not value.matches(
                link.digest, link.digest_key_id, self.keys, _KIND, *_owner(link.user), link.purpose
            )
            or store.time() >= link.expires_at
            or not link.user.is_active
        ):
            raise NotFound(_INVALID)
        return link


def _owner(user: User) -> tuple[int | str, ...]:
    return user.row_id, user.user_id, user.zone.guid
