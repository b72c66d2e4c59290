"""A client that authenticates: what is stored of its credentials, and what it has proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.descriptor.model import CredentialType
    from broker.identity.client import Client


@dataclass(frozen=True, slots=True)
class PreviousDigest:
    """What a rotated instance secret was before; there only while it is accepted (D-15)."""

    digest: bytes
    digest_key_id: int


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A credential row with its client: everything the decision needs, from one look-up."""

    row_id: int
    type: CredentialType
    digest: bytes
    digest_key_id: int
    generation: int
    client: Client
    previous: PreviousDigest | None = None


@dataclass(frozen=True, slots=True)
class UnreadableCredential:
    """A credential row that this version cannot read, such as one of a newer version's type."""

    row_id: int | None
    """None if not even that can be read."""


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """A client that proved itself, and by which credential."""

    client: Client
    credential_id: int
    credential_type: CredentialType
    revocation_signature: str
    certificate_thumbprint: str | None = None
    """Of a client certificate, as in claim ``x5t#S256``: the token is bound to it."""
    by_previous_secret: bool = False
    """Whether it was the secret before a rotation, which is accepted for a while (D-15)."""
