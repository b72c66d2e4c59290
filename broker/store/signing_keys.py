"""Signing keys in the database, their private halves sealed (D-16)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, insert, select

from broker.ids import new_row_id
from broker.store.engine import reading
from broker.store.faults import translating
from broker.store.sealed import Place, Sealer
from broker.store.tables import signing_key as table
from broker.tokens.ports import StoredSigningKey

if TYPE_CHECKING:
    from broker.store.data_keys import DataKeys


class SigningKeyTable:
    """Reads the signing keys, with the database's idea of the time."""

    def __init__(self, engine: Engine, keys: DataKeys) -> None:
        """Open what is sealed with ``keys``."""
        self._engine = engine.execution_options(**reading(engine))
        self._sealer = Sealer(keys)

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the time in the database and all keys, in the order in which they sign."""
        with translating(), self._engine.connect() as connection:
            now = database_time(connection)
            rows = connection.execute(select(table).order_by(table.c.sign_from)).all()
        return now, [
            StoredSigningKey(
                kid=row.kid,
                private_key=self._sealer.open(row.sealed_private_key, _private_key_of(row.id)),
                public_key=row.public_key,
                publish_at=row.publish_at,
                sign_from=row.sign_from,
                retire_at=row.retire_at,
            )
            for row in rows
        ]

    def add_first(self, connection: Connection, key: StoredSigningKey) -> None:
        """Insert ``key`` unless there is one, inside the caller's transaction."""
        if connection.execute(select(table.c.id)).first() is not None:
            return
        row_id = new_row_id()
        connection.execute(
            insert(table).values(
                id=row_id,
                kid=key.kid,
                sealed_private_key=self._sealer.seal(key.private_key, _private_key_of(row_id)),
                public_key=key.public_key,
                publish_at=key.publish_at,
                sign_from=key.sign_from,
                retire_at=key.retire_at,
            )
        )


def database_time(connection: Connection) -> datetime:
    """Return the one clock that all hosts share; with SQLite that is this machine's."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def _private_key_of(row_id: int) -> Place:
    return Place(table.name, table.c.sealed_private_key.name, row_id)
