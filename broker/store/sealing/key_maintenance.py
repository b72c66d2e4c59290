"""Maintenance of data keys while servers run: list, rewrap, rotate, retire (D-12)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary, delete, func, select, update

from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.store.audit import audited
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.database.operation_lock import lock
from broker.store.sealing.data_keys import OLDEST_FIRST, Purpose
from broker.store.sealing.owned_columns import sealed_columns
from broker.store.sealing.sealed import key_id_of
from broker.store.sealing.sealed_values import digest_key_columns
from broker.store.tables.core import data_key
from broker.tokens.ports import KEYS_LOCK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Engine

    from broker.audit.actor import Actor
    from broker.store.sealing.data_keys import DataKeys
    from broker.store.sealing.wrapping import DataKeyRow


@dataclass(frozen=True, slots=True)
class KeyState:
    """A data key; ``uses`` is the number of values that depend on it."""

    id: int
    purpose: Purpose
    master_key_id: str
    created_at: datetime
    is_newest: bool
    uses: int


def list_keys(engine: Engine) -> list[KeyState]:
    """Return all data keys, ordered by purpose and age, the oldest first."""
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        return _states(connection)


def rewrap(engine: Engine, keys: DataKeys, actor: Actor) -> int:
    """Wrap every data key with the first master key; return how many have changed.

    A key that was rewrapped concurrently is skipped. The data keys themselves stay the same, so
    running servers are not affected. Raises ConfigurationError if a master key is missing.
    """
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        rows = connection.execute(select(data_key)).all()
    count = 0
    try:
        for row in rows:
            count += _rewrap(engine, keys, row)
    finally:
        # An interrupted run is audited, too: its changes are committed.
        if count:
            with audited(engine) as (connection, trail):
                subject = Subject(SubjectKind.MASTER_KEY, keys.master_key_id)
                now, details = database_time(connection), {"data_keys": count}
                trail.append(AuditEvent(Action.REPLACE_MASTER_KEY, actor, subject, now, details))
    return count


def _rewrap(engine: Engine, keys: DataKeys, row: DataKeyRow) -> int:
    replacement = keys.rewrapped(row)
    if replacement is None:
        return 0
    master_key_id, wrapped = replacement
    with translating(), engine.begin() as connection:
        return connection.execute(
            update(data_key)
            .where(data_key.c.id == row.id, data_key.c.wrapped == row.wrapped)
            .values(master_key_id=master_key_id, wrapped=wrapped)
        ).rowcount


def rotate(engine: Engine, keys: DataKeys, purposes: Sequence[Purpose], actor: Actor) -> None:
    """Add a key for each purpose; servers use it after their next reload."""
    with audited(engine) as (connection, trail):
        lock(connection, KEYS_LOCK)
        now = database_time(connection)
        for purpose in purposes:
            subject = _key(keys.add(connection, purpose, now))
            details = {"purpose": purpose}
            trail.append(AuditEvent(Action.ROTATE_DATA_KEYS, actor, subject, now, details))
    keys.load()


def retire(engine: Engine, superseded_for: timedelta, actor: Actor) -> tuple[int, list[KeyState]]:
    """Delete unused superseded keys; return how many, and the superseded keys that remain.

    A key remains while values depend on it, or while its successor is younger than
    ``superseded_for``: a server may not have loaded the successor yet.
    """
    with audited(engine) as (connection, trail):
        lock(connection, KEYS_LOCK)
        now, states = database_time(connection), _states(connection)
        superseded_at: dict[int, datetime] = {}
        for purpose in Purpose:
            of_purpose = [state for state in states if state.purpose is purpose]
            for state, successor in pairwise(of_purpose):
                superseded_at[state.id] = successor.created_at
        old = [state for state in states if not state.is_newest]
        free = [
            state
            for state in old
            if not state.uses
            and (not superseded_for or superseded_at[state.id] <= now - superseded_for)
        ]
        connection.execute(delete(data_key).where(data_key.c.id.in_([each.id for each in free])))
        for state in free:
            details = {"purpose": state.purpose}
            trail.append(AuditEvent(Action.RETIRE_DATA_KEYS, actor, _key(state.id), now, details))
    return len(free), [state for state in old if state not in free]


def _key(key_id: int) -> Subject:
    return Subject(SubjectKind.DATA_KEY, f"{key_id:x}")


def _states(connection: Connection) -> list[KeyState]:
    uses = _digest_uses(connection) + _seal_uses(connection)
    rows = connection.execute(select(data_key).order_by(data_key.c.purpose, *OLDEST_FIRST)).all()
    newest = {row.purpose: row.id for row in rows}
    return [
        KeyState(
            id=row.id,
            purpose=Purpose(row.purpose),
            master_key_id=row.master_key_id,
            created_at=row.created_at,
            is_newest=newest[row.purpose] == row.id,
            uses=uses[row.id],
        )
        for row in rows
    ]


def _digest_uses(connection: Connection) -> Counter[int]:
    uses: Counter[int] = Counter()
    for column in digest_key_columns():
        counted = select(column, func.count()).where(column.is_not(None)).group_by(column)
        uses.update({row[0]: row[1] for row in connection.execute(counted)})
    return uses


def _seal_uses(connection: Connection) -> Counter[int]:
    uses: Counter[int] = Counter()
    header = 9  # version and key id
    for each in sealed_columns():
        start = func.substr(each.column, 1, header, type_=LargeBinary)
        counted = select(start, func.count()).where(each.column.is_not(None)).group_by(start)
        for beginning, count in connection.execute(counted):
            uses[key_id_of(bytes(beginning))] += count
    return uses
