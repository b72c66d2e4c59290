"""Signing keys in the database, with sealed private keys (D-16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, delete, insert, select, update

from broker.ids import new_row_id
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.sealing.sealed import Place, Sealer
from broker.store.tables.core import signing_key as table
from broker.tokens.ports import StoredSigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broker.store.sealing.data_keys import DataKeys


class SigningKeyTable:
    """Reads and writes signing keys within a transaction."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        """``sealer`` seals the private keys that the connection's transaction writes."""
        self._connection = connection
        self._sealer = sealer

    def all(self) -> list[StoredSigningKey]:
        """Return all keys, in signing order."""
        rows = self._connection.execute(
            select(table).order_by(table.c.sign_from, table.c.kid)
        ).all()
        return [
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

    def replace(
        self, before: Sequence[StoredSigningKey], after: Sequence[StoredSigningKey]
    ) -> list[str]:
        """Write the differences; return the ids of the keys added, changed or removed."""
        old = {key.kid: key for key in before}
        new = {key.kid: key for key in after}
        changed = [kid for kid in old | new if old.get(kid) != new.get(kid)]
        for kid in changed:
            if kid not in new:
                self._connection.execute(delete(table).where(table.c.kid == kid))
            elif kid in old:
                self._connection.execute(
                    update(table).where(table.c.kid == kid).values(_times(new[kid]))
                )
            else:
                self._add(new[kid])
        return changed

    def add_first(self, make: Callable[[], StoredSigningKey]) -> str | None:
        """Add a key that signs immediately; return its id, None if there is a key already."""
        if self._connection.execute(select(table.c.id)).first() is not None:
            return None
        now = database_time(self._connection)
        first = replace(make(), publish_at=now, sign_from=now)
        self._add(first)
        return first.kid

    def _add(self, key: StoredSigningKey) -> None:
        row_id = new_row_id()
        sealed = self._sealer.seal(key.private_key, _private_key_of(row_id))
        self._connection.execute(
            insert(table).values(
                id=row_id,
                kid=key.kid,
                sealed_private_key=sealed,
                public_key=key.public_key,
                **_times(key),
            )
        )


class StoredSigningKeys:
    """Loads the signing keys together with the database's time."""

    def __init__(self, engine: Engine, keys: DataKeys) -> None:
        """``keys`` open the sealed private keys."""
        self._engine = engine.execution_options(**READ_OPTIONS)
        self._sealer = Sealer(keys)

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        """Return the database's time and all keys, in signing order."""
        with translating(), self._engine.connect() as connection:
            signing_keys = SigningKeyTable(connection, self._sealer)
            return database_time(connection), signing_keys.all()


def _times(key: StoredSigningKey) -> dict[str, datetime | None]:
    return {
        "publish_at": key.publish_at,
        "sign_from": key.sign_from,
        "retire_at": key.retire_at,
    }


def _private_key_of(row_id: int) -> Place:
    return Place(table.name, table.c.sealed_private_key.name, row_id)
