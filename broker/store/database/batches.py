"""Deletion of many rows in short transactions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from broker.store.database.faults import translating

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine, Table

_BATCH = 1000
_PAUSE_SECONDS = 0.02


def delete_in_batches(engine: Engine, table: Table, which: ColumnElement[bool]) -> int:
    """Delete the rows in batches; return how many. Locked rows are left for the next call."""
    deleted = found = _delete_batch(engine, table, which)
    while found == _BATCH:
        # SQLite has one writer at a time: give other writers a chance.
        time.sleep(_PAUSE_SECONDS)
        found = _delete_batch(engine, table, which)
        deleted += found
    return deleted


def _delete_batch(engine: Engine, table: Table, which: ColumnElement[bool]) -> int:
    key = table.primary_key.columns.values()
    old = select(*key).where(which).limit(_BATCH).with_for_update(skip_locked=True)
    one = delete(table).where(*(column == bindparam(f"old_{column.name}") for column in key))
    with translating(), engine.begin() as connection:
        rows = [
            {f"old_{name}": value for name, value in row.items()}
            for row in connection.execute(old).mappings()
        ]
        if rows:
            connection.execute(one, rows)
    return len(rows)
