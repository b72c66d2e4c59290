"""The stored credential of a client, and the result of its authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.descriptor.model import CredentialType
    from broker.identity.client import Client


@dataclass(frozen=True, slots=True)
class PreviousDigest:
    """The digest of the secret before a rotation; present only while it is accepted (D-15)."""

    digest: bytes
    digest_key_id: int


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A credential row with its client: all input of the decision, from one look-up."""

    row_id: int
    type: CredentialType
    digest: bytes
    digest_key_id: int
    generation: int
    client: Client
    previous: PreviousDigest | None = None


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
