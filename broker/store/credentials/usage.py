"""Writes usage counts of credentials without waiting for broker operations (D-22)."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.credentials.usage import Usage
from broker.errors import BrokerError
from broker.store.database.faults import translating
from broker.store.tables.core import credential
from broker.store.tables.usage import credential_daily_use as daily
from broker.store.tables.usage import credential_usage as table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Engine, Table
    from sqlalchemy.sql.base import Executable

_BATCH = 500
_NOTHING = Usage()


def write_usage(engine: Engine, counts: Mapping[int, Usage]) -> dict[int, Usage]:
    """Add the counts by credential row id; return those to retry, such as those of locked rows.

    Counts of deleted credentials are dropped. Raises StoreUnavailable or Busy if nothing was
    written.
    """
    add = _add_alone if engine.dialect.name == "sqlite" else _add_around_locks
    left, ids = dict(counts), sorted(counts)
    try:
        for start in range(0, len(ids), _BATCH):
            for done in add(engine, ids[start : start + _BATCH], counts):
                # Only after the commit.
                for row_id in done:
                    left.pop(row_id, None)
    except BrokerError:
        # Retrying all counts would add the committed ones twice.
        if len(left) == len(counts):
            raise
    return left


def _add_alone(
    engine: Engine, batch: Sequence[int], counts: Mapping[int, Usage]
) -> Iterator[Collection[int]]:
    """Add on SQLite, which has one writer at a time and no row locks."""
    with translating(), engine.begin() as connection:
        rows = [_row(row_id, counts[row_id]) for row_id in batch]
        connection.execute(_adding_to_existing(), rows)
        if rows := _rows_by_day(batch, counts):
            connection.execute(_adding_by_day_to_existing(), rows)
    yield batch


def _add_around_locks(
    engine: Engine, batch: Sequence[int], counts: Mapping[int, Usage]
) -> Iterator[Collection[int]]:
    """Add to the rows that are not locked; yield the row ids after each commit.

    Rows are locked in key order and locked rows are skipped, so that neither another host nor a
    deletion can deadlock with this writer.
    """
    done = _add(engine, batch, counts)
    yield done
    # Used for the first time, or locked, or deleted.
    others = [row_id for row_id in batch if row_id not in done]
    if others:
        yield _create_missing(engine, others)
        yield _add(engine, others, counts)


def _add(engine: Engine, batch: Sequence[int], counts: Mapping[int, Usage]) -> set[int]:
    """Add to the rows that exist and are not locked; return their ids."""
    with translating(), engine.begin() as connection:
        free = _lock_free_rows(connection, batch)
        if free:
            connection.execute(
                _adding(), _by_column([_row(row_id, counts[row_id]) for row_id in free])
            )
        # The lock of a credential_usage row covers its daily rows.
        if rows := _rows_by_day(free, counts):
            connection.execute(_adding_by_day(), _by_column(rows))
    return set(free)


def _lock_free_rows(connection: Connection, batch: Sequence[int]) -> Sequence[int]:
    return (
        connection.execute(
            select(table.c.credential_row_id)
            .where(table.c.credential_row_id.in_(batch))
            .order_by(table.c.credential_row_id)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )


def _create_missing(engine: Engine, batch: Sequence[int]) -> set[int]:
    """Insert rows of zeros for credentials without a row; return the ids of deleted credentials."""
    with translating(), engine.begin() as connection:
        exist = select(credential.c.id).where(credential.c.id.in_(batch))
        deleted = set(batch) - set(connection.execute(exist).scalars())
        present = select(table.c.credential_row_id).where(table.c.credential_row_id.in_(batch))
        # Locked against deletion, so that the foreign key check does not wait.
        free = connection.execute(
            exist.where(credential.c.id.not_in(present))
            .order_by(credential.c.id)
            .with_for_update(read=True, key_share=True, skip_locked=True)
        ).scalars()
        rows = [_row(row_id, _NOTHING) for row_id in free]
        if rows:
            connection.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
    return deleted


@cache
def _adding() -> Executable:
    """Return PostgreSQL's statement that adds to the rows of credentials."""
    return _or_add(_insert_all(table))


@cache
def _adding_by_day() -> Executable:
    """Return PostgreSQL's statement that adds to the daily rows."""
    return _or_add_by_day(_insert_all(daily))


def _insert_all(into: Table) -> Any:
    """Return one INSERT for a whole batch, several times faster than one per row.

    Its parameters are one list per column.
    """
    columns = into.columns.values()
    lists = [bindparam(column.name, type_=postgresql.ARRAY(column.type)) for column in columns]
    return postgresql.insert(into).from_select(columns, select(*map(func.unnest, lists)))


def _by_column(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


@cache
def _adding_to_existing() -> Executable:
    """Return SQLite's statement that adds to the row of a credential that exists."""
    return _or_add(_insert_for_existing(table, credential.c.id))


@cache
def _adding_by_day_to_existing() -> Executable:
    """Return SQLite's statement that adds to a daily row of a credential that exists."""
    return _or_add_by_day(_insert_for_existing(daily, table.c.credential_row_id))


def _insert_for_existing(into: Table, key: Column[int]) -> Any:
    columns = into.columns.values()
    values = select(*(bindparam(column.name, type_=column.type) for column in columns))
    existing = values.select_from(key.table).where(key == bindparam("credential_row_id"))
    return sqlite.insert(into).from_select(columns, existing)


def _or_add(insert: Any) -> Executable:
    """Return an upsert that adds the counts and keeps the later of the times."""
    given = insert.excluded
    added: Executable = insert.on_conflict_do_update(
        index_elements=[table.c.credential_row_id],
        set_={
            "accepted": table.c.accepted + given.accepted,
            "refused": table.c.refused + given.refused,
            "last_used_at": _later(table.c.last_used_at, given.last_used_at),
            "previous_used_at": _later(table.c.previous_used_at, given.previous_used_at),
        },
    )
    return added


def _or_add_by_day(insert: Any) -> Executable:
    given = insert.excluded
    added: Executable = insert.on_conflict_do_update(
        index_elements=[daily.c.credential_row_id, daily.c.day],
        set_={
            "accepted": daily.c.accepted + given.accepted,
            "refused": daily.c.refused + given.refused,
        },
    )
    return added


def _later(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(one.is_(None), one < other), other), else_=one)


def _row(row_id: int, usage: Usage) -> dict[str, Any]:
    return {
        "credential_row_id": row_id,
        "accepted": usage.accepted,
        "refused": usage.refused,
        "last_used_at": usage.last_used_at,
        "previous_used_at": usage.previous_used_at,
    }


def _rows_by_day(batch: Sequence[int], counts: Mapping[int, Usage]) -> list[dict[str, Any]]:
    return [
        {
            "credential_row_id": row_id,
            "day": date.fromordinal(day),
            "accepted": use.accepted,
            "refused": use.refused,
        }
        for row_id in batch
        for day, use in sorted(counts[row_id].days.items())
    ]
