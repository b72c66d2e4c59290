"""Keyed digests of secrets: what the database keeps instead of them (D-13)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

if TYPE_CHECKING:
    from collections.abc import Sequence


_VERSION = b"1"
_SIGNATURE_HEX_DIGITS = 16


class DigestKey(Protocol):
    """A key with the id that is written beside every digest made with it."""

    @property
    def id(self) -> int:
        """Id of the key."""

    @property
    def secret(self) -> bytes:
        """The key itself, 32 bytes."""


class DigestKeys(Protocol):
    """Where digest keys come from."""

    def newest_digest_key(self) -> DigestKey:
        """Return the key for new digests."""

    def digest_key(self, key_id: int) -> DigestKey:
        """Return the key of a stored digest."""

    def token_key(self) -> DigestKey:
        """Return the key that marks new tokens: the newest, also if another host has added it."""

    def digest_keys(self, *, again: bool = False) -> Sequence[DigestKey]:
        """Return all that are not retired, the newest first; ``again`` looks for new ones."""


def digest(key: bytes, row_id: int, client_id: str, type_: str, secret: str) -> bytes:
    """Return HMAC-SHA-256 over everything that makes the secret this row's, 32 bytes.

    Each part is length-prefixed, so no two different inputs look alike; the row id and the client
    id make a digest worthless in any other row.
    """
    parts = (
        _VERSION,
        str(row_id).encode(),
        client_id.encode(),
        type_.encode(),
        # Clients may send anything; a lone surrogate must be a wrong secret and not an error.
        secret.encode("utf-8", "surrogatepass"),
    )
    return _authenticated(key, b"".join([len(part).to_bytes(4) + part for part in parts]))


def certificate_text(lookup: str, issuer_path: str | None) -> str:
    """Return what is digested of a certificate: how it is found, and who must have issued it."""
    return f"{lookup} {issuer_path or ''}"


def revocation_signature(key: bytes, credential_id: int, generation: int) -> str:
    """Return the claim ``rev_sig``: names the credential a token came from, unforgeably (D-32).

    Made with the newest digest key, whichever digested the credential: a key that was superseded
    for as long as tokens live marks none of those that are left, and may be retired.
    """
    message = f"rev_sig v1 {credential_id} {generation}".encode()
    tag = _authenticated(key, message).hex()[:_SIGNATURE_HEX_DIGITS]
    return f"{credential_id:x}.{tag}"


def _authenticated(key: bytes, message: bytes) -> bytes:
    code = _begun(key).copy()
    code.update(message)
    return code.finalize()


@lru_cache(maxsize=16)
def _begun(key: bytes) -> HMAC:
    """Return a code without a message yet: to set one up takes longer than to use it."""
    return HMAC(key, SHA256())
