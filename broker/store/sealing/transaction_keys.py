"""The data keys of one transaction, which commits only values of the present format (D-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from broker.store.sealing.data_keys import Purpose
from broker.store.tables.core import data_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from broker.store.sealing.data_keys import DataKey, DataKeys
    from broker.store.sealing.owner_binding import OwnerBinding

_SEAL_KEYS = (
    select(data_key.c.id, data_key.c.owner_binding)
    .where(data_key.c.purpose == Purpose.SEAL)
    .order_by(data_key.c.id)
)
# Of purpose ``seal`` only: digests lock the others by foreign keys, in any order.
_LOCKED_AGAINST_ADVANCES = _SEAL_KEYS.with_for_update(read=True, key_share=True)
LOCKED_FOR_AN_ADVANCE = _SEAL_KEYS.with_for_update()
"""Waits for all transactions that have written values, and makes others repeat their writes."""


class DataKeysChanged(Exception):
    """The transaction has written values with outdated keys: reload them and repeat it."""


class TransactionKeys:
    """Gives keys to write and read values, and remembers whether values were written."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys
        self._written_with: Mapping[int, str | None] | None = None

    def newest_seal_key(self) -> DataKey:
        """Return the key for sealing new values."""
        self._note()
        return self._keys.newest_seal_key()

    def newest_digest_key(self) -> DataKey:
        """Return the key for digests of new secrets."""
        self._note()
        return self._keys.newest_digest_key()

    def seal_key(self, key_id: int) -> DataKey:
        """Return the key with this id for opening an envelope; raise IntegrityViolated."""
        return self._keys.seal_key(key_id)

    def digest_key(self, key_id: int) -> DataKey:
        """Return the key with this id for a stored digest; raise IntegrityViolated."""
        return self._keys.digest_key(key_id)

    @property
    def binding(self) -> OwnerBinding:
        """Whether owners are bound, as loaded last."""
        return self._keys.binding

    def require_unchanged(self, connection: Connection) -> None:
        """Raise DataKeysChanged if values were written and the binding of owners has advanced.

        Called before the commit. From here until the commit it cannot advance, so that it misses
        no value of the former format: each advance locks and changes all keys of purpose ``seal``.
        """
        if self._written_with is None:
            return
        found = connection.execute(_LOCKED_AGAINST_ADVANCES).all()
        if {row.id: row.owner_binding for row in found} != self._written_with:
            raise DataKeysChanged

    def _note(self) -> None:
        # Before the key is returned: a reload in between makes the transaction repeat.
        if self._written_with is None:
            self._written_with = self._keys.seal_bindings
