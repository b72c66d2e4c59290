"""The wrapping of data keys with the master keys (D-12)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row

from broker.errors import ConfigurationError
from broker.store.sealing.owner_binding import OwnerBinding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    DataKeyRow = Row[tuple[int, str, str, bytes, datetime, str | None]]

_NONCE_BYTES = 12


class Wrapping:
    """Wraps data keys with the first master key, and unwraps them with all."""

    def __init__(self, master_keys: Mapping[str, bytes]) -> None:
        """``master_keys``: id → 32 bytes, the first one in front."""
        self._master_keys = master_keys

    @property
    def key_id(self) -> str:
        """The id of the master key that wraps."""
        return next(iter(self._master_keys))

    def wrap(self, key: bytes, key_id: int, purpose: str, binding: OwnerBinding) -> bytes:
        """Return nonce and ciphertext of the data key, bound to id, purpose and binding."""
        nonce, master = os.urandom(_NONCE_BYTES), self._master_keys[self.key_id]
        return nonce + AESGCM(master).encrypt(nonce, key, _bound_to(key_id, purpose, binding))

    def unwrap(self, row: DataKeyRow) -> bytes:
        """Return the data key in the row; raise ConfigurationError."""
        master = self._master_keys.get(row.master_key_id)
        if master is None:
            raise ConfigurationError(
                f"XSUAA_MASTER_KEYS: key {row.master_key_id} is missing but still used by the"
                " database. Add it after the new key."
            )
        nonce, wrapped = row.wrapped[:_NONCE_BYTES], row.wrapped[_NONCE_BYTES:]
        try:
            bound_to = _bound_to(row.id, row.purpose, binding_in(row))
            return AESGCM(master).decrypt(nonce, wrapped, bound_to)
        except InvalidTag:
            raise ConfigurationError(
                f"XSUAA_MASTER_KEYS: key {row.master_key_id} differs from the key that this"
                " database was created with."
            ) from None

    def again(self, row: DataKeyRow, binding: OwnerBinding) -> bytes:
        """Wrap the data key in the row once more; raise ConfigurationError."""
        return self.wrap(self.unwrap(row), row.id, row.purpose, binding)


def binding_in(row: DataKeyRow) -> OwnerBinding:
    """Return the binding in the row, which its wrapping proves; raise ConfigurationError."""
    try:
        return OwnerBinding(row.owner_binding or "")
    except ValueError:
        raise ConfigurationError(
            f"Data key {row.id:x} was changed in the database, or by a newer version."
        ) from None


def _bound_to(key_id: int, purpose: str, binding: OwnerBinding) -> bytes:
    if binding is OwnerBinding.NONE:
        return f"data_key v1 {key_id} {purpose}".encode()
    return f"data_key v2 {key_id} {purpose} {binding}".encode()
