"""Encryption at rest: AES-256-GCM envelopes, each bound to its place in the database (D-12)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.errors import IntegrityViolated

if TYPE_CHECKING:
    from broker.store.sealing.data_keys import DataKeys

_VERSION = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Table, column and row of a sealed value; a value moved elsewhere cannot be opened."""

    table: str
    column: str
    row_id: int

    def associated_data(self) -> bytes:
        """Return the additional authenticated data (AAD) of the envelope."""
        return b"\x00".join(
            (_VERSION, self.table.encode(), self.column.encode(), str(self.row_id).encode())
        )


class Sealer:
    """Seals and opens values with the data keys of purpose ``seal``."""

    def __init__(self, keys: DataKeys) -> None:
        """``keys``: the newest one seals, all of them open."""
        self._keys = keys

    def seal(self, content: bytes, place: Place) -> bytes:
        """Return version, key id, nonce and ciphertext as one envelope."""
        key = self._keys.newest_seal_key()
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key.secret).encrypt(nonce, content, place.associated_data())
        return _VERSION + key.id.to_bytes(_KEY_ID_BYTES) + nonce + sealed

    def is_current(self, envelope: bytes) -> bool:
        """Return whether the envelope was sealed with the newest key."""
        return key_id_of(envelope) == self._keys.newest_seal_key().id

    def open(self, envelope: bytes, place: Place) -> bytes:
        """Return the content; raise IntegrityViolated if the envelope was changed or moved."""
        version, rest = envelope[:1], envelope[1:]
        key_id, rest = rest[:_KEY_ID_BYTES], rest[_KEY_ID_BYTES:]
        nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        if version != _VERSION or len(nonce) != _NONCE_BYTES:
            raise IntegrityViolated(
                f"{place.table}.{place.column} of row {place.row_id} is not an envelope"
            )
        key = self._keys.seal_key(int.from_bytes(key_id))
        try:
            return AESGCM(key.secret).decrypt(nonce, sealed, place.associated_data())
        except InvalidTag:
            raise IntegrityViolated(
                f"{place.table}.{place.column} of row {place.row_id} cannot be authenticated"
            ) from None


def key_id_of(envelope: bytes) -> int:
    """Return the key id in the envelope's header."""
    return int.from_bytes(envelope[len(_VERSION) : len(_VERSION) + _KEY_ID_BYTES])
