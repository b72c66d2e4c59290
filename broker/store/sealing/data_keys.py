"""Data keys: random keys, stored in the database, wrapped with the master keys (D-12)."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Engine, func, insert, select

from broker.errors import BrokerError, ConfigurationError, IntegrityViolated
from broker.ids import new_row_id
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import StoreFault
from broker.store.sealing.owner_binding import OwnerBinding, furthest
from broker.store.sealing.wrapping import Wrapping, binding_in
from broker.store.tables.core import data_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from broker.store.sealing.wrapping import DataKeyRow


_log = structlog.get_logger(__name__)

_KEY_BYTES = 32


class Purpose(StrEnum):
    """The purpose of a data key; no key has two purposes."""

    SEAL = "seal"
    DIGEST = "digest"


OLDEST_FIRST = (
    func.coalesce(data_key.c.owner_binding, "").in_(
        [each for each in OwnerBinding if each.is_bound]
    ),
    data_key.c.created_at,
)
"""The order of keys: the last one of a purpose is used for new values.

Keys that an earlier version adds beside never supersede those whose values are bound to owners.
"""


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """An unwrapped data key: ``secret`` is derived from the stored key for its purpose."""

    id: int
    secret: bytes
    is_owner_bound: bool
    """Whether each envelope and digest of the key is bound to its owner."""


class DataKeys:
    """The data keys of one database, cached in the process; an unknown key id reloads them."""

    def __init__(
        self, engine: Engine, master_keys: Mapping[str, bytes], reload_after: float = 60.0
    ) -> None:
        """``master_keys``: id → 32 bytes; the first one wraps new keys, all of them unwrap.

        ``reload_after``: seconds after which the keys are reloaded, as other hosts may add some.
        """
        self._engine = engine
        self._wrapping = Wrapping(master_keys)
        self._reload_after = reload_after
        self._loaded_at = float("-inf")
        self._lock = threading.Lock()
        self._keys: dict[Purpose, dict[int, DataKey]] = {}
        self._seal_bindings: Mapping[int, str | None] = {}
        self._binding = OwnerBinding.NONE

    @property
    def master_key_id(self) -> str:
        """The id of the master key that wraps new data keys."""
        return self._wrapping.key_id

    def create_missing(self, connection: Connection, now: datetime) -> list[Purpose]:
        """Add a key for each purpose without one, in the caller's transaction; return which.

        In a new database, owners are bound from the beginning.
        """
        present = {row.purpose for row in connection.execute(select(data_key.c.purpose))}
        binding = binding_of(connection) if present else OwnerBinding.FINISHED
        missing = [purpose for purpose in Purpose if purpose not in present]
        for purpose in missing:
            connection.execute(insert(data_key), [self._new(purpose, binding, now)])
        return missing

    @property
    def binding(self) -> OwnerBinding:
        """Whether owners are bound, as loaded last."""
        if not self._keys:
            self.load()
        return self._binding

    @property
    def seal_bindings(self) -> Mapping[int, str | None]:
        """The bindings of the keys of purpose ``seal`` by id, as loaded last."""
        if not self._keys:
            self.load()
        return self._seal_bindings

    def load(self) -> None:
        """Load and unwrap all keys; raise ConfigurationError for a wrong or missing master key.

        Once owners are bound, keys from before are not used: only a writer of the database can have
        put them back. For the same reason a process that has seen the finish requires it.
        """
        with self._engine.connect().execution_options(**READ_OPTIONS) as connection:
            rows = connection.execute(select(data_key).order_by(*OLDEST_FIRST)).all()
        unwrapped = [(row, self._wrapping.unwrap(row)) for row in rows]
        binding = furthest(map(binding_in, rows))
        if self._binding is OwnerBinding.FINISHED is not binding:
            raise ConfigurationError(
                "The data keys in the database are from before owners were bound (data-keys"
                " bind-owners). Restore the present ones, or restart after an intended restore."
            )
        keys: dict[Purpose, dict[int, DataKey]] = {purpose: {} for purpose in Purpose}
        for row, secret in unwrapped:
            if binding is OwnerBinding.FINISHED is not binding_in(row):
                _log.error("data key from before owners were bound ignored", data_key=f"{row.id:x}")
                continue
            purpose = Purpose(row.purpose)
            keys[purpose][row.id] = DataKey(
                row.id, _derive(secret, purpose), binding_in(row).is_bound
            )
        with self._lock:
            self._keys = keys
            self._seal_bindings = {
                row.id: row.owner_binding for row in rows if row.purpose == Purpose.SEAL
            }
            self._binding = binding
            self._loaded_at = time.monotonic()

    def refresh(self) -> None:
        """Reload the keys after ``reload_after``, so that new values are sealed with new keys.

        If that fails, the cached keys stay in use; a write will report a failing database anyway.
        """
        if self._keys and time.monotonic() - self._loaded_at > self._reload_after:
            self._loaded_at = time.monotonic()
            try:
                self.load()
            except (BrokerError, *StoreFault) as error:
                _log.warning("data keys not reloaded", error=type(error).__name__)

    def add(
        self,
        connection: Connection,
        purpose: Purpose,
        now: datetime,
        binding: OwnerBinding | None = None,
    ) -> int:
        """Insert a new key as the newest one; return its id.

        Without ``binding`` it has that of the stored keys.
        """
        latest = connection.execute(
            select(func.max(data_key.c.created_at)).where(data_key.c.purpose == purpose)
        ).scalar_one()
        if latest is not None:
            # Another host's clock may have been ahead when it added the last key.
            now = max(now, latest + timedelta(microseconds=1))
        new = self._new(purpose, binding or binding_of(connection), now)
        connection.execute(insert(data_key), [new])
        return int(str(new["id"]))

    def rewrapped(self, row: DataKeyRow) -> tuple[str, bytes] | None:
        """Return master key id and wrapped key for the first master key, None if unchanged."""
        first = self.master_key_id
        if row.master_key_id == first:
            return None
        return first, self._wrapping.again(row, binding_in(row))

    def rebound(self, row: DataKeyRow, binding: OwnerBinding) -> dict[str, object]:
        """Return the changed columns of the same key with another binding."""
        return {
            "master_key_id": self.master_key_id,
            "wrapped": self._wrapping.again(row, binding),
            "owner_binding": binding or None,
        }

    def newest_seal_key(self) -> DataKey:
        """Return the key for sealing new values."""
        return self._newest(Purpose.SEAL)

    def seal_key(self, key_id: int) -> DataKey:
        """Return the key with this id for opening an envelope; raise IntegrityViolated."""
        return self._by_id(Purpose.SEAL, key_id)

    def newest_digest_key(self) -> DataKey:
        """Return the key for digests of new secrets."""
        return self._newest(Purpose.DIGEST)

    def digest_key(self, key_id: int) -> DataKey:
        """Return the key with this id for a stored digest; raise IntegrityViolated."""
        return self._by_id(Purpose.DIGEST, key_id)

    def token_key(self) -> DataKey:
        """Return the newest digest key, after a reload if due.

        Servers that only issue tokens run no transaction that would refresh the keys.
        """
        self.refresh()
        return self.newest_digest_key()

    def digest_keys(self, *, again: bool = False) -> list[DataKey]:
        """Return all digest keys, the newest first; ``again`` reloads them."""
        if again or not self._keys:
            self.load()
        return list(reversed(self._keys[Purpose.DIGEST].values()))

    def _newest(self, purpose: Purpose) -> DataKey:
        if not self._keys:
            self.load()
        keys = self._keys[purpose]
        if not keys:
            raise ConfigurationError("The database has no data keys yet; start the server once.")
        return next(reversed(keys.values()))

    def _by_id(self, purpose: Purpose, key_id: int) -> DataKey:
        if key_id not in self._keys.get(purpose, {}):
            # Another host may have added it since.
            self.load()
        try:
            return self._keys[purpose][key_id]
        except KeyError:
            raise IntegrityViolated(f"data key {key_id} for {purpose} does not exist") from None

    def _new(self, purpose: Purpose, binding: OwnerBinding, now: datetime) -> dict[str, object]:
        key_id = new_row_id()
        return {
            "id": key_id,
            "purpose": purpose,
            "master_key_id": self.master_key_id,
            "wrapped": self._wrapping.wrap(os.urandom(_KEY_BYTES), key_id, purpose, binding),
            "owner_binding": binding or None,
            "created_at": now,
        }


def binding_of(connection: Connection) -> OwnerBinding:
    """Return the binding of the stored keys: that of the one that has advanced most."""
    rows = connection.execute(select(data_key)).all()
    return furthest(map(binding_in, rows))


def _derive(key: bytes, purpose: Purpose) -> bytes:
    label = f"xsuaa-broker {purpose} v1".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=label).derive(key)
