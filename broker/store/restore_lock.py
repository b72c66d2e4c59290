"""The lock of a restored database, which must not serve before it is reconciled.

A backup contains credentials that have been deleted since. Therefore a database whose place differs
from that of the last start, and a SQLite file with fewer revocations than the state directory has
counted, is locked until an operator reconciles or unlocks it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.exc import DBAPIError

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent, SubjectKind
from broker.clock import utc_text
from broker.errors import ConfigurationError
from broker.identity.ended_logons import EndedLogons
from broker.store.audit import audited
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.identity.ended_logons import end_all_logons
from broker.store.rollback.counts import HELP
from broker.store.rollback.put_back import begin_to_count, reason_to_lock
from broker.store.tables.core import audit_event
from broker.store.tables.usage import installation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from broker.audit.actor import Actor
    from broker.store.audit import AuditTable

_PAGES_PER_STEP = 1_000

_DATABASE_SUBJECTS = (
    *(SubjectKind.DATABASE, SubjectKind.DATA_KEY, SubjectKind.MASTER_KEY),
    SubjectKind.AUDIT_TRAIL,
)
"""Subjects of events that do not concern credentials."""

_NEWEST_EVENT = select(func.max(audit_event.c.at)).where(
    or_(audit_event.c.subject_kind.is_(None), audit_event.c.subject_kind.not_in(_DATABASE_SUBJECTS))
)

_LOCKED_BECAUSE = select(installation.c.locked_because)

_HELP = f"It may contain credentials that have been deleted since the backup. {HELP}"


def require_unlocked(engine: Engine, *, adopts_count: bool = False) -> None:
    """Raise ConfigurationError if the database is locked; lock it if it was restored or moved.

    ``adopts_count``: accept that the state directory has no count of its revocations (D-62).
    """
    with audited(engine) as (connection, trail):
        row = connection.execute(select(installation).with_for_update()).one()
        place, reason = _place(connection), row.locked_because
        if reason is None:
            reason = reason_to_lock(connection)
            if row.place and row.place != place:
                reason = "It was restored or moved."
            if reason is not None:
                _lock(connection, trail, reason, system_actor("start"))
        connection.execute(update(installation).values(place=place))
    if reason is not None:
        raise ConfigurationError(f"The database is locked. {reason} {_HELP}")
    begin_to_count(engine, adopts=adopts_count)


def lock_if_put_back(engine: Engine, actor: Actor) -> None:
    """Lock the database if it was put back from a copy, or if that cannot be told (D-62).

    To be called before changes by commands that end the lock.
    """
    with audited(engine) as (connection, trail):
        locked = connection.execute(_LOCKED_BECAUSE).scalar_one()
        reason = None if locked else reason_to_lock(connection, if_missing=True)
        if reason is not None:
            _lock(connection, trail, reason, actor)


def lock(engine: Engine, reason: str, actor: Actor) -> None:
    """Lock the database: no server starts on it from now on."""
    with audited(engine) as (connection, trail):
        if reason != connection.execute(_LOCKED_BECAUSE).scalar_one():
            _lock(connection, trail, reason, actor)


def _lock(connection: Connection, trail: AuditTable, reason: str, actor: Actor) -> None:
    # First: revocations in a locked database are counted even if it was put back.
    connection.execute(update(installation).values(locked_because=reason))
    _remember_backup_time(connection)
    details, now = {"reason": reason}, database_time(connection)
    trail.append(AuditEvent(Action.LOCK_DATABASE, actor, DATABASE, now, details))


def unlock(engine: Engine, actor: Actor, *, reconciled: bool = False) -> EndedLogons:
    """Unlock the database, so that servers can start again; return what ended.

    Ends the sessions, codes, tokens and links of all users, which may have been ended since the
    backup (D-59); not if the database was neither locked nor put back, nor is ``reconciled``.
    """
    lock_if_put_back(engine, actor)
    action = Action.RECONCILE_DATABASE if reconciled else Action.UNLOCK_DATABASE
    with audited(engine) as (connection, trail):
        was_locked = connection.execute(_LOCKED_BECAUSE).scalar_one() is not None
        values = {"locked_because": None, "backup_at": None, "place": _place(connection)}
        connection.execute(update(installation).values(**values))
        if not (was_locked or reconciled):
            return EndedLogons()
        now = database_time(connection)
        ended = end_all_logons(connection, now)
        trail.revocations.settle()
        details = {"ended": asdict(ended)}
        trail.append(AuditEvent(action, actor, DATABASE, now, details))
    return ended


def backup_time(engine: Engine) -> datetime | None:
    """Return the time of the newest event in the backup, None without one.

    Events that concern the database itself are ignored, because they may follow the restore.
    """
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        remembered: datetime | None = connection.scalar(select(installation.c.backup_at))
        return remembered or connection.scalar(_NEWEST_EVENT)


def _remember_backup_time(connection: Connection) -> None:
    """Store the time of the newest event before a reconciliation writes events of its own."""
    connection.execute(
        update(installation)
        .where(installation.c.backup_at.is_(None))
        .values(backup_at=_NEWEST_EVENT.scalar_subquery())
    )


def back_up_sqlite(engine: Engine, file: Path, progress: Callable[[int, int], None]) -> None:
    """Write a consistent, locked copy of the database while servers run.

    ``progress`` is called with the remaining and the total number of pages. Raises
    ConfigurationError for databases other than SQLite, FileExistsError.
    """
    if engine.dialect.name != "sqlite":
        raise ConfigurationError("db backup supports SQLite only; use pg_dump for PostgreSQL.")
    file.touch(mode=0o600, exist_ok=False)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(file)) as copy:
        with translating(), engine.connect() as connection:
            original = connection.connection.driver_connection
            assert isinstance(original, sqlite3.Connection)  # noqa: S101 - for the type checker
            # In a transaction all steps read one snapshot, and a write does not restart the copy.
            original.execute("BEGIN")
            original.execute("SELECT * FROM installation").close()
            original.backup(
                copy, pages=_PAGES_PER_STEP, progress=lambda _, left, total: progress(left, total)
            )
            original.rollback()
        reason = f"It is a backup of {utc_text(now)}."
        newest = "(SELECT max(at) FROM audit_event)"
        marked = f"UPDATE installation SET locked_because = ?, backup_at = {newest}"  # noqa: S608
        copy.execute(marked, (reason,))
        copy.commit()


def _place(connection: Connection) -> str:
    """Return an identifier that changes when a dump is restored, but not on failover.

    SQLite files have none: their backups are locked when they are written.
    """
    if connection.dialect.name == "sqlite":
        return "sqlite"
    oids = connection.execute(
        text(
            "SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::text"
            " || '/' || 'installation'::regclass::oid::text"
        )
    ).scalar_one()
    try:
        with connection.begin_nested():
            cluster = connection.execute(
                text("SELECT system_identifier FROM pg_control_system()")
            ).scalar_one()
    except DBAPIError:  # some managed PostgreSQL services deny this function
        cluster = ""
    return f"{cluster}/{oids}"
