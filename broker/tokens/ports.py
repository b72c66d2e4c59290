"""Store interfaces of the token module."""

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
    from broker.identity.client_settings import ClientSettings


@dataclass(frozen=True, slots=True, repr=False)
class StoredSigningKey:
    """A stored signing key: PKCS#8 DER, SPKI PEM, and the times that determine its state.

    Times are of the database's clock, which all hosts share.
    """

    kid: str
    private_key: bytes
    public_key: str
    publish_at: datetime
    sign_from: datetime
    retire_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenOrigin:
    """The credential of a token, and whether this token is revoked."""

    credential: StoredCredential
    token_is_revoked: bool
    mark_expires_at: datetime | None = None
    """The expiry of the mark that revokes the user's tokens at the client, None without one."""


class TokenOrigins(Protocol):
    """Looks up the credentials of issued tokens; tokens themselves are not stored."""

    def origin(self, credential_id: int, token_id: str, mark: str = "") -> TokenOrigin | None:
        """Return the credential as currently committed, or None; exactly one statement.

        ``mark`` is the ``revocation_mark`` of a user's token.
        """


class RevokedTokens(Protocol):
    """Revoked tokens, within a transaction."""

    def revoke(
        self,
        client: Client,
        token_id: str,
        *,
        expires_at: datetime,
        now: datetime,
        limit: int | None = None,
    ) -> bool:
        """Store the revocation until ``expires_at``; return False if ``limit`` is reached."""

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens issued to the client so far."""


class WithRevokedTokens(Protocol):
    """A transaction that revokes tokens."""

    @property
    def issued_tokens(self) -> RevokedTokens:
        """The repository of revoked tokens."""


class Zones(Protocol):
    """Looks up zones."""

    def has_guid(self, guid: str) -> bool:
        """Return whether a zone has this GUID."""

    def has_subdomain(self, subdomain: str) -> bool:
        """Return whether a zone has this subdomain."""


class SigningKeyStore(Protocol):
    """Loads the signing keys."""

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the store's current time and all keys, ordered by ``sign_from``."""


KEYS_LOCK = "keys of this database"
"""The name of the lock that serialises changes of keys."""

KeyDecision = Callable[[datetime, Sequence[StoredSigningKey]], list[StoredSigningKey]]
"""Returns the new keys, given the store's time and all current keys."""


class SigningKeyChanges(SigningKeyStore, Protocol):
    """Loads and changes the signing keys."""

    def change(
        self, action: Action, actor: Actor, decide: KeyDecision, kid: str = ""
    ) -> list[StoredSigningKey]:
        """Replace the keys by the result of ``decide``, in one transaction, and return them.

        Changes never run concurrently. The audit event has ``action``, ``actor`` and the key
        ``kid``, or by default the last key in signing order.
        """


class SigningKeys(Protocol):
    """The signing keys, within a transaction."""

    def all(self) -> list[StoredSigningKey]:
        """Return all keys, in the order in which they sign."""

    def replace(
        self, before: Sequence[StoredSigningKey], after: Sequence[StoredSigningKey]
    ) -> list[str]:
        """Write the differences; return the ids of the keys added, changed or removed."""


class WithSigningKeys(Protocol):
    """A transaction that changes signing keys."""

    @property
    def signing_keys(self) -> SigningKeys:
        """The repository of signing keys."""


class SettingsOfClients(Protocol):
    """Looks up the settings of clients that user grants need."""

    def of(self, client: Client) -> ClientSettings:
        """Return the settings as currently committed; raise Busy while they are completed."""


class GrantedScopes(Protocol):
    """Looks up scopes granted between applications."""

    def to(self, client_row_id: int) -> tuple[str, ...]:
        """Return the scopes of other applications granted to the client and accepted by it."""
