"""What the token module needs from a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, repr=False)
class StoredSigningKey:
    """A signing key as it is stored: PKCS#8 DER, SPKI PEM, and the times that decide its state."""

    kid: str
    private_key: bytes
    public_key: str
    publish_at: datetime
    sign_from: datetime
    retire_at: datetime | None


class SigningKeyStore(Protocol):
    """Where signing keys come from."""

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the store's current time and all keys, ordered by ``sign_from``."""


class GrantedScopes(Protocol):
    """The grants between applications."""

    def to(self, client_row_id: int) -> tuple[str, ...]:
        """Return the scopes of other applications that are granted to the client and accepted."""
