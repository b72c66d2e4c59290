"""Data keys: random keys, stored in the database, wrapped with the master keys (D-12)."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Engine, Row, func, insert, select

from broker.errors import BrokerError, ConfigurationError, IntegrityViolated
from broker.ids import new_row_id
from broker.store.database.engine import read_options
from broker.store.database.faults import StoreFault
from broker.store.tables.core import data_key

if TYPE_CHECKING:
    from collections.abc import Mapping

DataKeyRow = Row[tuple[int, str, str, bytes, datetime]]

_log = structlog.get_logger(__name__)

_KEY_BYTES = 32
_NONCE_BYTES = 12


class Purpose(StrEnum):
    """The purpose of a data key; no key has two purposes."""

    SEAL = "seal"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """An unwrapped data key: ``secret`` is derived from the stored key for its purpose."""

    id: int
    secret: bytes


class DataKeys:
    """The data keys of one database, cached in the process; an unknown key id reloads them."""

    def __init__(
        self, engine: Engine, master_keys: Mapping[str, bytes], reload_after: float = 60.0
    ) -> None:
        """``master_keys``: id → 32 bytes; the first one wraps new keys, all of them unwrap.

        ``reload_after``: seconds after which the keys are reloaded, as other hosts may add some.
        """
        self._engine = engine
        self._master_keys = master_keys
        self._reload_after = reload_after
        self._loaded_at = float("-inf")
        self._lock = threading.Lock()
        self._keys: dict[Purpose, dict[int, DataKey]] = {}

    @property
    def master_key_id(self) -> str:
        """The id of the master key that wraps new data keys."""
        return next(iter(self._master_keys))

    def create_missing(self, connection: Connection, now: datetime) -> list[Purpose]:
        """Add a key for each purpose without one, in the caller's transaction; return which."""
        present = {row.purpose for row in connection.execute(select(data_key.c.purpose))}
        missing = [purpose for purpose in Purpose if purpose not in present]
        for purpose in missing:
            connection.execute(insert(data_key), [self._wrapped(purpose, now)])
        return missing

    def load(self) -> None:
        """Load and unwrap all keys; raise ConfigurationError for a wrong or missing master key."""
        with self._engine.connect().execution_options(**read_options(self._engine)) as connection:
            rows = connection.execute(select(data_key).order_by(data_key.c.created_at)).all()
        keys: dict[Purpose, dict[int, DataKey]] = {purpose: {} for purpose in Purpose}
        for row in rows:
            purpose = Purpose(row.purpose)
            keys[purpose][row.id] = DataKey(row.id, _derive(self._unwrap(row), purpose))
        with self._lock:
            self._keys = keys
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

    def add(self, connection: Connection, purpose: Purpose, now: datetime) -> int:
        """Insert a new key as the newest one; return its id."""
        latest = connection.execute(
            select(func.max(data_key.c.created_at)).where(data_key.c.purpose == purpose)
        ).scalar_one()
        if latest is not None:
            # Another host's clock may have been ahead when it added the last key.
            now = max(now, latest + timedelta(microseconds=1))
        wrapped = self._wrapped(purpose, now)
        connection.execute(insert(data_key), [wrapped])
        return int(str(wrapped["id"]))

    def rewrapped(self, row: DataKeyRow) -> tuple[str, bytes] | None:
        """Return master key id and wrapped key for the first master key, None if unchanged."""
        first = self.master_key_id
        if row.master_key_id == first:
            return None
        return first, self._wrap(self._unwrap(row), row.id, row.purpose)

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

    def _wrapped(self, purpose: Purpose, now: datetime) -> dict[str, object]:
        key_id = new_row_id()
        return {
            "id": key_id,
            "purpose": purpose,
            "master_key_id": self.master_key_id,
            "wrapped": self._wrap(os.urandom(_KEY_BYTES), key_id, purpose),
            "created_at": now,
        }

    def _wrap(self, key: bytes, key_id: int, purpose: str) -> bytes:
        nonce, master = os.urandom(_NONCE_BYTES), next(iter(self._master_keys.values()))
        return nonce + AESGCM(master).encrypt(nonce, key, _bound_to(key_id, purpose))

    def _unwrap(self, row: DataKeyRow) -> bytes:
        master = self._master_keys.get(row.master_key_id)
        if master is None:
            raise ConfigurationError(
                f"XSUAA_MASTER_KEYS: key {row.master_key_id} is missing but still used by the"
                " database. Add it after the new key."
            )
        nonce, wrapped = row.wrapped[:_NONCE_BYTES], row.wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(master).decrypt(nonce, wrapped, _bound_to(row.id, row.purpose))
        except InvalidTag:
            raise ConfigurationError(
                f"XSUAA_MASTER_KEYS: key {row.master_key_id} differs from the key that this"
                " database was created with."
            ) from None


def _bound_to(key_id: int, purpose: str) -> bytes:
    return f"data_key v1 {key_id} {purpose}".encode()


def _derive(key: bytes, purpose: Purpose) -> bytes:
    label = f"xsuaa-broker {purpose} v1".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=label).derive(key)
