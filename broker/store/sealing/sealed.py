"""Encryption at rest: AES-256-GCM envelopes, each bound to its place and owner (D-12, D-52).

Version 1 is bound to the place only: the format of data keys from before owners were bound.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.errors import IntegrityViolated

if TYPE_CHECKING:
    from broker.store.sealing.data_keys import DataKey


_ROW_BOUND, OWNER_BOUND = b"\x01", b"\x02"
"""Versions of envelopes: their first byte."""
_VERSION_BYTES = 1
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Table, column and row of a sealed value, and its owner: ids along the chain to the platform.

    A value moved elsewhere, or whose row was given to another owner, cannot be opened.
    """

    table: str
    column: str
    row_id: int
    owner: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of row {self.row_id}"

    def associated_data(self, *, with_owner: bool) -> bytes:
        """Return the additional authenticated data (AAD) of the envelope."""
        place = (self.table, self.column, str(self.row_id))
        if not with_owner:
            return b"\x00".join((_ROW_BOUND, *map(str.encode, place)))
        parts = [part.encode("utf-8", "surrogatepass") for part in (*place, *self.owner)]
        return OWNER_BOUND + b"".join(len(part).to_bytes(4) + part for part in parts)


class SealKeys(Protocol):
    """Provides the data keys of purpose ``seal``."""

    def newest_seal_key(self) -> DataKey:
        """Return the key for sealing new values."""

    def seal_key(self, key_id: int) -> DataKey:
        """Return the key with this id; raise IntegrityViolated."""


class Sealer:
    """Seals and opens values with the data keys of purpose ``seal``."""

    def __init__(self, keys: SealKeys) -> None:
        """``keys``: the newest one seals, all of them open."""
        self._keys = keys

    def seal(self, content: bytes, place: Place) -> bytes:
        """Return version, key id, nonce and ciphertext as one envelope."""
        key = self._keys.newest_seal_key()
        nonce, bound_to = os.urandom(_NONCE_BYTES), _bound_to(place, key)
        sealed = AESGCM(key.secret).encrypt(nonce, content, bound_to)
        return _version_of(key) + key.id.to_bytes(_KEY_ID_BYTES) + nonce + sealed

    def is_current(self, envelope: bytes) -> bool:
        """Return whether the envelope was sealed with the newest key."""
        return key_id_of(envelope) == self._keys.newest_seal_key().id

    def open(self, envelope: bytes, place: Place) -> bytes:
        """Return the content; raise IntegrityViolated if the envelope or its owner was changed."""
        version, rest = envelope[:_VERSION_BYTES], envelope[_VERSION_BYTES:]
        key_id, rest = rest[:_KEY_ID_BYTES], rest[_KEY_ID_BYTES:]
        nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        if version not in {_ROW_BOUND, OWNER_BOUND} or len(nonce) != _NONCE_BYTES:
            raise IntegrityViolated(f"{place} is not an envelope")
        key = self._keys.seal_key(int.from_bytes(key_id))
        if version != _version_of(key):
            raise IntegrityViolated(f"{place} has a format that its data key does not permit")
        try:
            return AESGCM(key.secret).decrypt(nonce, sealed, _bound_to(place, key))
        except InvalidTag:
            raise IntegrityViolated(f"{place} cannot be authenticated") from None


def key_id_of(envelope: bytes) -> int:
    """Return the key id in the envelope's header."""
    return int.from_bytes(envelope[_VERSION_BYTES : _VERSION_BYTES + _KEY_ID_BYTES])


def _version_of(key: DataKey) -> bytes:
    # Each key has one format: otherwise an old value could be put back beside new ones.
    return OWNER_BOUND if key.is_owner_bound else _ROW_BOUND


def _bound_to(place: Place, key: DataKey) -> bytes:
    return place.associated_data(with_owner=key.is_owner_bound)
