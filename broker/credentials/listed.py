"""Credentials as listed for operators: owner and expiry, never the secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ListedCredential:
    """One credential; ``binding_id`` is None for an instance's secret.

    ``how`` states whether a certificate is managed, pinned or renewed in place.
    """

    instance_id: str
    binding_id: str | None
    client_id: str
    type: str
    how: str
    created_at: datetime
    expires_at: datetime | None
