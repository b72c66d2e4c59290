"""The stored credential of a client, and the result of its authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.credentials.digest import key_of_digest
from broker.credentials.owner_mac import (
    CredentialOwner,
    is_owned,
    owner_mac,
    previous_owner_mac,
)

if TYPE_CHECKING:
    from datetime import datetime

    from broker.credentials.digest import DigestKey, DigestKeys
    from broker.descriptor.model import CredentialType
    from broker.identity.client import Client


OTHER_OWNER = "the owner or the digest of the stored credential was changed"
"""The reason for the log of a credential whose owner was changed in the database (D-52)."""


@dataclass(frozen=True, slots=True)
class PreviousDigest:
    """The digest of the secret before a rotation; present only while it is accepted (D-15)."""

    digest: bytes
    digest_key_id: int
    until: datetime
    owner_mac: bytes | None = None
    """As in ``StoredCredential``, and bound to ``until``, too."""

    def is_owned(self, key: DigestKey, owner: CredentialOwner) -> bool:
        """Return whether the digest belongs to the owner; ``key`` is that of the digest."""
        return is_owned(key, self.owner_mac, previous_owner_mac, owner, self.digest, self.until)


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A credential row with its client: all input of the decision, from one look-up."""

    row_id: int
    type: CredentialType
    digest: bytes
    digest_key_id: int
    generation: int
    client: Client
    lookup: str
    binding_row_id: int | None
    owner_mac: bytes | None = None
    """Binds the digest to the owner; None in rows from before owners were bound (D-52)."""
    previous: PreviousDigest | None = None

    @property
    def owner(self) -> CredentialOwner:
        """What the codes of the credential are bound to."""
        return CredentialOwner(
            self.row_id,
            self.type,
            self.lookup,
            self.binding_row_id,
            self.generation,
            self.client.identity,
        )

    def is_owned(self, key: DigestKey) -> bool:
        """Return whether the row belongs to its client and binding; ``key`` is of its digest."""
        return is_owned(key, self.owner_mac, owner_mac, self.owner, self.digest)

    def has_owner(self, keys: DigestKeys) -> bool:
        """Return whether the row belongs to its client and binding, and its key exists."""
        key = key_of_digest(keys, self.digest_key_id)
        return key is not None and self.is_owned(key)


@dataclass(frozen=True, slots=True)
class UnreadableCredential:
    """A credential row that this version cannot read, e.g. of a newer version's type."""

    row_id: int | None
    """None if the row id is unreadable, too."""


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """An authenticated client and the credential it used."""

    client: Client
    credential_id: int
    credential_type: CredentialType
    revocation_signature: str
    certificate_thumbprint: str | None = None
    """The thumbprint as in claim ``x5t#S256``, to which the token is bound."""
    by_previous_secret: bool = False
    """Whether it was the previous secret during the overlap after a rotation (D-15)."""
