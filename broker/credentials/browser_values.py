"""Values that browsers keep for the server: sealed texts for cookies, forms and URLs (D-42).

AES-256-GCM with keys that are derived from the digest keys: a purpose of its own would be unknown
to servers of an earlier version beside.
"""

from __future__ import annotations

import os
import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from broker.credentials import base64url

if TYPE_CHECKING:
    from broker.credentials.digest import DigestKeys

_KEY_BYTES = 32
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_RELOAD_SECONDS = 1.0
_FORM = re.compile(r"[A-Za-z0-9_\-]+")
_VERSION = "browser value v1"


class BrowserValues:
    """Seals and opens values; ``kind`` and the owner must be the same for both."""

    def __init__(self, keys: DigestKeys) -> None:
        self._keys = keys
        self._reloaded_at = float("-inf")

    def seal(self, kind: str, content: bytes, *owner: str) -> str:
        """Return the sealed content as base64url without padding: 4/3 of its length, and 48."""
        key = self._keys.token_key()
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(_derived(key.secret, kind)).encrypt(nonce, content, _bound_to(kind, owner))
        envelope = key.id.to_bytes(_KEY_ID_BYTES) + nonce + sealed
        return base64url.encode(envelope)

    def open(self, kind: str, text: str, *owner: str) -> bytes | None:
        """Return the content, None if the text was changed or sealed for another kind or owner.

        The caller bounds the length of the text.
        """
        if not _FORM.fullmatch(text):
            return None
        try:
            envelope = base64url.decode(text)
        except ValueError:
            return None
        key_id, rest = envelope[:_KEY_ID_BYTES], envelope[_KEY_ID_BYTES:]
        nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        secret = self._secret(int.from_bytes(key_id))
        if secret is None or len(nonce) < _NONCE_BYTES:
            return None
        try:
            return AESGCM(_derived(secret, kind)).decrypt(nonce, sealed, _bound_to(kind, owner))
        except InvalidTag:
            return None

    def _secret(self, key_id: int) -> bytes | None:
        found = self._known(key_id, again=False)
        if found is None and time.monotonic() > self._reloaded_at + _RELOAD_SECONDS:
            # Another host may have added the key; clients can send any id.
            self._reloaded_at = time.monotonic()
            found = self._known(key_id, again=True)
        return found

    def _known(self, key_id: int, *, again: bool) -> bytes | None:
        keys = self._keys.digest_keys(again=again)
        return next((key.secret for key in keys if key.id == key_id), None)


@lru_cache(maxsize=64)
def _derived(secret: bytes, kind: str) -> bytes:
    label = f"xsuaa-broker {_VERSION} {kind}".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=label).derive(secret)


def _bound_to(kind: str, owner: tuple[str, ...]) -> bytes:
    parts = [part.encode("utf-8", "surrogatepass") for part in (_VERSION, kind, *owner)]
    return b"".join(len(part).to_bytes(4) + part for part in parts)
