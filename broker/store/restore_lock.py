"""Whether this database is where it last served: a restored one must not serve unchecked.

A backup holds credentials that were deleted since. So a database that finds itself in another place
is locked until an operator has reconciled it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.exc import DBAPIError

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent, SubjectKind
from broker.errors import ConfigurationError
from broker.store.audit import audited
from broker.store.database.engine import database_time, read_options
from broker.store.database.faults import translating
from broker.store.tables.core import audit_event
from broker.store.tables.usage import installation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from broker.audit.actor import Actor

_PAGES_AT_A_TIME = 1_000

_OF_THE_DATABASE = (
    *(SubjectKind.DATABASE, SubjectKind.DATA_KEY, SubjectKind.MASTER_KEY),
    SubjectKind.AUDIT_TRAIL,
)
"""Subjects of events that say nothing about credentials."""

_NEWEST_EVENT = select(func.max(audit_event.c.at)).where(
    or_(audit_event.c.subject_kind.is_(None), audit_event.c.subject_kind.not_in(_OF_THE_DATABASE))
)

_HELP = (
    "It may hold credentials that were deleted since. Run: python -m broker doctor reconcile"
    " (or doctor unlock, if nothing was deleted since)."
)


def require_unlocked(engine: Engine) -> None:
    """Raise ConfigurationError if the database was restored and not reconciled since."""
    with audited(engine) as (connection, trail):
        row = connection.execute(select(installation).with_for_update()).one()
        place, reason = _place(connection), row.locked_because
        if reason is None and row.place and row.place != place:
            reason = "It was restored, or moved to another place."
            by, now = system_actor("start"), database_time(connection)
            trail.append(AuditEvent(Action.LOCK_DATABASE, by, DATABASE, now, {"reason": reason}))
            _remember_backup_time(connection)
        connection.execute(update(installation).values(place=place, locked_because=reason))
    if reason is not None:
        raise ConfigurationError(f"The database is locked. {reason} {_HELP}")


def lock(engine: Engine, reason: str, actor: Actor) -> None:
    """Have every server refuse to start from now on."""
    _set(engine, reason, actor, Action.LOCK_DATABASE)


def unlock(engine: Engine, actor: Actor, *, reconciled: bool = False) -> None:
    """Let servers start again."""
    action = Action.RECONCILE_DATABASE if reconciled else Action.UNLOCK_DATABASE
    _set(engine, None, actor, action)


def backup_time(engine: Engine) -> datetime | None:
    """Return when the newest event of the backup happened, None if it has none.

    What was done to the database itself since it was restored is none of them.
    """
    with translating(), engine.connect().execution_options(**read_options(engine)) as connection:
        remembered: datetime | None = connection.scalar(select(installation.c.backup_at))
        return remembered or connection.scalar(_NEWEST_EVENT)


def _set(engine: Engine, reason: str | None, actor: Actor, action: Action) -> None:
    with audited(engine) as (connection, trail):
        before = connection.execute(select(installation.c.locked_because)).scalar_one()
        values: dict[str, object] = {"locked_because": reason, "place": _place(connection)}
        if reason is None:
            values["backup_at"] = None
        else:
            _remember_backup_time(connection)
        connection.execute(update(installation).values(**values))
        if before != reason or action is Action.RECONCILE_DATABASE:
            details = {"reason": reason} if reason else {}
            trail.append(AuditEvent(action, actor, DATABASE, database_time(connection), details))


def _remember_backup_time(connection: Connection) -> None:
    """Note the newest event, before a reconciliation writes events of its own."""
    connection.execute(
        update(installation)
        .where(installation.c.backup_at.is_(None))
        .values(backup_at=_NEWEST_EVENT.scalar_subquery())
    )


def back_up_sqlite(engine: Engine, file: Path, progress: Callable[[int, int], None]) -> None:
    """Write a consistent copy beside running servers; whoever starts on it finds it locked.

    ``progress`` hears how many pages are left, and of how many.

    Raises ConfigurationError for another database than SQLite, FileExistsError.
    """
    if engine.dialect.name != "sqlite":
        raise ConfigurationError("db backup is for SQLite; use pg_dump for PostgreSQL.")
    file.touch(mode=0o600, exist_ok=False)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(file)) as copy:
        with translating(), engine.connect() as connection:
            original = connection.connection.driver_connection
            assert isinstance(original, sqlite3.Connection)  # noqa: S101 - for the type checker
            # Within a transaction: steps see the same, and none begins anew after a write.
            original.execute("BEGIN")
            original.execute("SELECT * FROM installation").close()
            original.backup(
                copy, pages=_PAGES_AT_A_TIME, progress=lambda _, left, of: progress(left, of)
            )
            original.rollback()
        reason = f"It is a backup of {now:%Y-%m-%d %H:%M:%S}Z."
        newest = "(SELECT max(at) FROM audit_event)"
        marked = f"UPDATE installation SET locked_because = ?, backup_at = {newest}"  # noqa: S608
        copy.execute(marked, (reason,))
        copy.commit()


def _place(connection: Connection) -> str:
    """Return what changes when a dump is restored, and not with a failover.

    SQLite's files tell nothing of the kind: its backups are marked when they are made.
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
    except DBAPIError:  # not for everybody on every managed PostgreSQL
        cluster = ""
    return f"{cluster}/{oids}"
