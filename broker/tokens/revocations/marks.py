"""Revocation of a user's tokens at one client, by one row among the revoked tokens."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta

from broker.descriptor.part import MAX_TOKEN_LIFETIME

_ID_DIGITS = 32


def revocation_mark(client_id: str, user_id: str) -> str:
    """Return the id under which the revocation is stored; no token has it as ``jti``."""
    digest = hashlib.sha256(f"user v1 {client_id} {user_id}".encode())
    return digest.hexdigest()[:_ID_DIGITS]


def mark_expiry(now: datetime, backdate: int) -> datetime:
    """Return when the mark expires, which also determines the tokens that it revokes.

    These are the tokens issued up to ``now``, and within the second after it, because times in
    tokens are whole seconds. ``backdate``: seconds by which ``iat`` precedes the issue.
    """
    last_issued = datetime.fromtimestamp(math.ceil(now.timestamp()), UTC)
    return last_issued - timedelta(seconds=backdate) + MAX_TOKEN_LIFETIME


def is_revoked(issued_at: int, expires_at: datetime | None) -> bool:
    """Return whether a mark with this expiry revokes a token with this ``iat``."""
    return expires_at is not None and (issued_at <= (expires_at - MAX_TOKEN_LIFETIME).timestamp())
