"""Locks by name that end with the transaction (D-20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from broker.store.tables.core import operation_lock

if TYPE_CHECKING:
    from sqlalchemy import Connection


def lock(connection: Connection, name: str) -> None:
    """Make every other transaction that locks this name wait for this one.

    The row is inserted and deleted again in the same transaction: what waits for it is released at
    the commit, and the table stays empty however many names are asked for. SQLite needs none of
    this: BEGIN IMMEDIATE has every writer wait already.
    """
    if connection.dialect.name == "sqlite":
        return
    connection.execute(
        insert(operation_lock)
        .values(name=name)
        .on_conflict_do_update(index_elements=["name"], set_={"name": name})
    )
    connection.execute(operation_lock.delete().where(operation_lock.c.name == name))
