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
