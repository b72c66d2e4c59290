"""What the token module needs from a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.audit.event import Action
    from broker.authentication.client import StoredCredential
    from broker.identity.client import Client


@dataclass(frozen=True, slots=True, repr=False)
class StoredSigningKey:
    """A signing key as it is stored: PKCS#8 DER, SPKI PEM, and the times that decide its state.

    Times are the database's: all hosts share that one clock.
    """

    kid: str
    private_key: bytes
    public_key: str
    publish_at: datetime
    sign_from: datetime
    retire_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenOrigin:
    """The credential that a token came from, and whether this one token was revoked."""

    credential: StoredCredential
    token_is_revoked: bool


class TokenOrigins(Protocol):
    """What is known of tokens that were issued: nothing but what became of their credentials."""

    def origin(self, credential_id: int, token_id: str) -> TokenOrigin | None:
        """Return the credential as committed right now, or None; exactly one statement."""


class RevokedTokens(Protocol):
    """Which tokens were revoked, inside a transaction."""

    def revoke(
        self,
        client: Client,
        token_id: str,
        *,
        expires_at: datetime,
        now: datetime,
        limit: int | None = None,
    ) -> bool:
        """Remember until ``expires_at`` that the token is revoked; False if there are ``limit``."""

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens that the client has got so far."""


class WithRevokedTokens(Protocol):
    """Revoked tokens."""

    @property
    def issued_tokens(self) -> RevokedTokens:
        """Revoked tokens."""


class Zones(Protocol):
    """Which zones there are."""

    def has_guid(self, guid: str) -> bool:
        """Tell whether a zone has this GUID."""

    def has_subdomain(self, subdomain: str) -> bool:
        """Tell whether a zone has this subdomain."""


class SigningKeyStore(Protocol):
    """Where signing keys come from."""

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the store's current time and all keys, ordered by ``sign_from``."""


KEYS_LOCK = "keys of this database"
"""The name under which changes of keys queue up."""

KeyDecision = Callable[[datetime, Sequence[StoredSigningKey]], list[StoredSigningKey]]
"""From the store's time and all keys to what the keys are to be."""


class SigningKeyChanges(SigningKeyStore, Protocol):
    """Where signing keys are changed."""

    def change(
        self, action: Action, actor: Actor, decide: KeyDecision, kid: str = ""
    ) -> list[StoredSigningKey]:
        """Make the keys what ``decide`` says, in one transaction, and return them.

        No two changes run at the same time. ``action`` and ``actor`` stand in the audit trail,
        with the key ``kid``, or the last one in the row.
        """


class SigningKeys(Protocol):
    """The signing keys, inside a transaction."""

    def all(self) -> list[StoredSigningKey]:
        """Return all keys, in the order in which they sign."""

    def replace(
        self, before: Sequence[StoredSigningKey], after: Sequence[StoredSigningKey]
    ) -> list[str]:
        """Write what differs; return the ids of the keys that were added, changed or removed."""


class WithSigningKeys(Protocol):
    """Signing keys."""

    @property
    def signing_keys(self) -> SigningKeys:
        """Signing keys."""


class GrantedScopes(Protocol):
    """The grants between applications."""

    def to(self, client_row_id: int) -> tuple[str, ...]:
        """Return the scopes of other applications that are granted to the client and accepted."""
