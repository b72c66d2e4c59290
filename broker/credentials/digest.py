"""Keyed digests, which the database stores instead of secrets (D-13)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from broker.errors import IntegrityViolated

if TYPE_CHECKING:
    from collections.abc import Sequence


_VERSION = "1"
_SIGNATURE_HEX_DIGITS = 16


class DigestKey(Protocol):
    """A key with the id that is stored with each of its digests."""

    @property
    def id(self) -> int:
        """The id of the key."""

    @property
    def secret(self) -> bytes:
        """The key itself, 32 bytes."""

    @property
    def is_owner_bound(self) -> bool:
        """Whether every digest of the key has a code for its owner (D-52)."""


class DigestKeys(Protocol):
    """Provides the digest keys."""

    def newest_digest_key(self) -> DigestKey:
        """Return the key for new digests."""

    def digest_key(self, key_id: int) -> DigestKey:
        """Return the key of a stored digest; raise IntegrityViolated if it does not exist."""

    def token_key(self) -> DigestKey:
        """Return the key that signs ``rev_sig``: the newest, even if another host added it."""

    def digest_keys(self, *, again: bool = False) -> Sequence[DigestKey]:
        """Return all keys that are not retired, newest first; ``again`` reloads them."""


def key_of_digest(keys: DigestKeys, key_id: int) -> DigestKey | None:
    """Return the key of a stored digest; None if it does not exist, so that no value matches."""
    try:
        return keys.digest_key(key_id)
    except IntegrityViolated:
        return None


def digest(key: bytes, row_id: int, client_id: str, type_: str, secret: str) -> bytes:
    """Return the HMAC-SHA-256 that binds the secret to its row, 32 bytes.

    The row id and the client id make a digest invalid in any other row.
    """
    return keyed_digest(key, _VERSION, str(row_id), client_id, type_, secret)


def keyed_digest(key: bytes, *parts: str) -> bytes:
    """Return the HMAC-SHA-256 of the parts, 32 bytes; each is length-prefixed."""
    # A lone surrogate in client input must yield a wrong secret, not an error.
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return _authenticated(key, b"".join([len(part).to_bytes(4) + part for part in encoded]))


def keyed_code(key: bytes, parts: tuple[object, ...], content: bytes = b"") -> bytes:
    """Return the HMAC-SHA-256 of numbers and texts, and of further content, 32 bytes.

    Their literals in ASCII are unambiguous, the same in every version, and faster than prefixes.
    """
    text = ascii(parts).encode("ascii")
    return _authenticated(key, len(text).to_bytes(4) + text + content)


def certificate_text(lookup: str, issuer_path: str | None) -> str:
    """Return the digested text of a certificate: its lookup key and its required issuers."""
    return f"{lookup} {issuer_path or ''}"


def revocation_signature(key: bytes, credential_id: int, generation: int) -> str:
    """Return the claim ``rev_sig``, which authenticates the credential of a token (D-32).

    It is computed with the newest digest key, not with the credential's: a key superseded for
    longer than the lifetime of tokens is in no valid token and can be retired.
    """
    message = f"rev_sig v1 {credential_id} {generation}".encode()
    tag = _authenticated(key, message).hex()[:_SIGNATURE_HEX_DIGITS]
    return f"{credential_id:x}.{tag}"


def user_revocation_signature(key: bytes, signature: str, user_id: str, token_epoch: int) -> str:
    """Return the claim ``rev_sig`` of a user's token.

    It extends the client's ``signature`` by the user and the user's token epoch, so that a raised
    epoch ends the token (I-09); its first part is the same.
    """
    credential, _, _ = signature.partition(".")
    message = f"rev_sig user v1 {signature} {user_id} {token_epoch}".encode()
    return f"{credential}.{_authenticated(key, message).hex()[:_SIGNATURE_HEX_DIGITS]}"


def _authenticated(key: bytes, message: bytes) -> bytes:
    code = _keyed(key).copy()
    code.update(message)
    return code.finalize()


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> HMAC:
    """Return an HMAC without a message; setting it up costs more than using it."""
    return HMAC(key, SHA256())
