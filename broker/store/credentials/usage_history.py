"""Daily numbers of credentials, and the deletion of old usage history (D-22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.store.database.batches import delete_in_batches
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.tables.core import client, credential
from broker.store.tables.usage import credential_daily_count as table
from broker.store.tables.usage import credential_daily_use

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Engine


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
    tables = (credential_daily_use, table)
    return sum(delete_in_batches(engine, each, each.c.day < before) for each in tables)


def _count(engine: Engine, day: date) -> list[dict[str, Any]] | None:
    """Return the rows of the day, None if they are stored already."""
    # Outside of a transaction: counting a million credentials takes seconds, during which SQLite
    # would block all writers.
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
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
