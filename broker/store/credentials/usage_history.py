"""Daily numbers of credentials, and the deletion of old usage history (D-22)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.store.database.engine import read_options
from broker.store.database.faults import translating
from broker.store.tables.core import client, credential
from broker.store.tables.usage import credential_daily_count as table
from broker.store.tables.usage import credential_daily_use

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Engine, Table

_BATCH = 1000
_PAUSE_SECONDS = 0.02


def write_daily_count(engine: Engine, day: date) -> bool:
    """Write how many credentials of each type each zone has, once per day.

    Return whether the day has numbers now; without credentials it has none. Raises StoreUnavailable
    or Busy.
    """
    counted = _count(engine, day)
    if not counted:
        return counted is None
    dialect = sqlite if engine.dialect.name == "sqlite" else postgresql
    with translating(), engine.begin() as connection:
        # Another process may have counted at the same time.
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), counted)
    return True


def delete_history(engine: Engine, before: date) -> int:
    """Delete the rows of earlier days in batches; return how many."""
    return sum(_delete_all(engine, each, before) for each in (credential_daily_use, table))


def _count(engine: Engine, day: date) -> list[dict[str, Any]] | None:
    """Return the rows of the day, None if they are stored already."""
    # Outside of a transaction: counting a million credentials takes seconds, during which SQLite
    # would block all writers.
    with translating(), engine.connect().execution_options(**read_options(engine)) as connection:
        if connection.execute(select(table.c.day).where(table.c.day == day).limit(1)).first():
            return None
        rows = connection.execute(
            select(client.c.zone_row_id, credential.c.type, func.count().label("credentials"))
            .join(client, credential.c.client_row_id == client.c.id)
            .group_by(client.c.zone_row_id, credential.c.type)
            # A fixed order, so that concurrent inserts cannot deadlock.
            .order_by(client.c.zone_row_id, credential.c.type)
        )
        return [{"day": day, **row} for row in rows.mappings()]


def _delete_all(engine: Engine, each: Table, before: date) -> int:
    deleted = found = _delete_batch(engine, each, before)
    while found == _BATCH:
        # SQLite has one writer at a time: give other writers a chance.
        time.sleep(_PAUSE_SECONDS)
        found = _delete_batch(engine, each, before)
        deleted += found
    return deleted


def _delete_batch(engine: Engine, each: Table, before: date) -> int:
    key = each.primary_key.columns.values()
    # Locked rows are skipped: they are deleted with their credential or by the next run.
    old = select(*key).where(each.c.day < before).limit(_BATCH).with_for_update(skip_locked=True)
    one = delete(each).where(*(column == bindparam(column.name) for column in key))
    with translating(), engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(old).mappings()]
        if rows:
            connection.execute(one, rows)
    return len(rows)
