"""Whether this database is where it last served: a restored one must not serve unchecked.

A backup holds credentials that were deleted since. So a database that finds itself in another place
is locked until an operator has reconciled it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent
from broker.errors import ConfigurationError
from broker.store.audit import audited
from broker.store.database.engine import database_time
from broker.store.database.faults import translating
from broker.store.tables.usage import installation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from broker.audit.actor import Actor

_PAGES_AT_A_TIME = 1_000

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


def _set(engine: Engine, reason: str | None, actor: Actor, action: Action) -> None:
    with audited(engine) as (connection, trail):
        values = {"locked_because": reason, "place": _place(connection)}
        connection.execute(update(installation).values(**values))
        details = {"reason": reason} if reason else {}
        trail.append(AuditEvent(action, actor, DATABASE, database_time(connection), details))


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
        copy.execute("UPDATE installation SET locked_because = ?", (reason,))
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
