"""Writes down who used which credential, without ever waiting for a broker operation (D-22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.store.faults import translating
from broker.store.tables import credential
from broker.store.usage_tables import credential_usage as table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Case, Column, Connection, Engine

    from broker.credentials.usage import Usage

_BATCH = 500


def _latest(column: Column[Any], name: str) -> Case[Any]:
    given = bindparam(name, type_=column.type)
    return case((or_(column.is_(None), column < given), given), else_=column)


_ADD = (
    update(table)
    .where(table.c.credential_row_id == bindparam("row_id"))
    .values(
        accepted=table.c.accepted + bindparam("more_accepted"),
        refused=table.c.refused + bindparam("more_refused"),
        last_used_at=_latest(table.c.last_used_at, "used_at"),
        previous_used_at=_latest(table.c.previous_used_at, "previous_at"),
    )
)


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
        with translating(), engine.begin() as connection:
            _create_missing(connection, batch)
        with translating(), engine.begin() as connection:
            free = _locked_here(connection, batch)
            if free:
                connection.execute(_ADD, [_parameters(row_id, counts[row_id]) for row_id in free])
            gone = set(batch) - set(
                connection.execute(select(credential.c.id).where(credential.c.id.in_(batch)))
                .scalars()
                .all()
            )
        # Only now: what was not committed was not written.
        for row_id in (*free, *gone):
            left.pop(row_id, None)
    return left


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


def _create_missing(connection: Connection, batch: Sequence[int]) -> None:
    """Insert rows of zeros for credentials that were never used before."""
    present = select(table.c.credential_row_id).where(table.c.credential_row_id.in_(batch))
    known = set(connection.execute(present).scalars())
    missing = [row_id for row_id in batch if row_id not in known]
    if not missing:
        return
    # Locked against deletion, so that the foreign key has nothing to wait for.
    free = (
        connection.execute(
            select(credential.c.id)
            .where(credential.c.id.in_(missing))
            .order_by(credential.c.id)
            .with_for_update(read=True, key_share=True, skip_locked=True)
        )
        .scalars()
        .all()
    )
    if free:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(
            insert(table).on_conflict_do_nothing(),
            [{"credential_row_id": row_id, "accepted": 0, "refused": 0} for row_id in free],
        )


def _parameters(row_id: int, usage: Usage) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "more_accepted": usage.accepted,
        "more_refused": usage.refused,
        "used_at": usage.last_used_at,
        "previous_at": usage.previous_used_at,
    }
