"""Writes down who used which credential, without ever waiting for a broker operation (D-22)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.credentials.usage import Usage
from broker.store.faults import translating
from broker.store.tables import credential
from broker.store.usage_tables import credential_usage as table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine
    from sqlalchemy.sql.base import Executable

_BATCH = 500
_NOTHING = Usage()


def write_usage(engine: Engine, counts: Mapping[int, Usage]) -> dict[int, Usage]:
    """Add the counts; return those that must be tried again, because their rows are locked.

    Rows are taken in the order of their keys, and locked ones left alone: neither another host that
    does the same nor a deletion can wait for us in a circle. Credentials that no longer exist are
    passed over. Raises StoreUnavailable or Busy, with some batches possibly written.
    """
    left = dict(counts)
    ids = sorted(counts)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        done = _add(engine, batch, counts)
        # Used for the first time, or locked, or gone.
        others = [row_id for row_id in batch if row_id not in done]
        if others:
            done |= _create_missing(engine, others)
            done |= _add(engine, others, counts)
        # Only now: what was not committed was not written.
        for row_id in done:
            left.pop(row_id, None)
    return left


def _add(engine: Engine, batch: Sequence[int], counts: Mapping[int, Usage]) -> set[int]:
    """Add to the rows that exist and nobody holds; return which."""
    with translating(), engine.begin() as connection:
        free = _locked_here(connection, batch)
        if free:
            connection.execute(
                _adding(engine.dialect.name), [_row(row_id, counts[row_id]) for row_id in free]
            )
    return set(free)


def _locked_here(connection: Connection, batch: Sequence[int]) -> Sequence[int]:
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
    """Insert rows of zeros for credentials that have none; return those that no longer exist."""
    with translating(), engine.begin() as connection:
        exist = select(credential.c.id).where(credential.c.id.in_(batch))
        gone = set(batch) - set(connection.execute(exist).scalars())
        present = select(table.c.credential_row_id).where(table.c.credential_row_id.in_(batch))
        # Locked against deletion, so that the foreign key has nothing to wait for.
        free = connection.execute(
            exist.where(credential.c.id.not_in(present))
            .order_by(credential.c.id)
            .with_for_update(read=True, key_share=True, skip_locked=True)
        ).scalars()
        rows = [_row(row_id, _NOTHING) for row_id in free]
        if rows:
            insert = _insert(engine.dialect.name)
            connection.execute(insert.on_conflict_do_nothing(), rows)
    return gone


@cache
def _adding(dialect: str) -> Executable:
    """Return the statement that adds to a row; of each time the later one stays."""
    insert = _insert(dialect)
    given = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[table.c.credential_row_id],
        set_={
            "accepted": table.c.accepted + given.accepted,
            "refused": table.c.refused + given.refused,
            "last_used_at": _later(table.c.last_used_at, given.last_used_at),
            "previous_used_at": _later(table.c.previous_used_at, given.previous_used_at),
        },
    )


def _insert(dialect: str) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


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
