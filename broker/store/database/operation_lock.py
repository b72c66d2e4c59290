"""Named locks that are released at the end of the transaction (D-20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from broker.store.database.deferred import execute_later
from broker.store.tables.core import operation_lock

if TYPE_CHECKING:
    from sqlalchemy import Connection


# Built once: building a statement takes longer than executing it.
_INSERT = insert(operation_lock)
_WAIT = _INSERT.on_conflict_do_update(index_elements=["name"], set_={"name": _INSERT.excluded.name})
_LEAVE_NO_ROW = operation_lock.delete().where(operation_lock.c.name == bindparam("of_name"))


def lock(connection: Connection, name: str) -> None:
    """Lock the name until the end of the transaction; other transactions wait for it.

    On PostgreSQL the lock is taken in the round trip of the next statement with a result;
    ``execute_deferred`` takes it before something else than this connection relies on it.
    The row is inserted and deleted in the same transaction: waiting transactions continue at the
    commit, and the table stays empty. SQLite needs no lock, because BEGIN IMMEDIATE serialises all
    writers.
    """
    if connection.dialect.name == "sqlite":
        return
    execute_later(connection, _WAIT, {"name": name})
    execute_later(connection, _LEAVE_NO_ROW, {"of_name": name})
