"""Connections: SQLite and PostgreSQL made to keep the same promises (D-03, D-19)."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError

from broker.errors import ConfigurationError
from broker.runtime.deadline import seconds_left

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ExceptionContext

_MAX_MAPPED = 0x7FFF_0000
"""Bytes of an SQLite file, the most that SQLite maps; a million bindings take nearly as many.

A page of it that the disk cannot deliver ends the worker, which is replaced, where a copy would
have failed one request.
"""

_CACHE_KIBIBYTES = 512

_PAUSE_SECONDS = 0.02

_WITHOUT_TRANSACTION = "xsuaa_without_transaction"


def open_engine(
    url: str, *, connections: int, lock_timeout: int, statement_timeout: int = 0
) -> Engine:
    """Return an engine of at most ``connections`` connections; nothing is connected yet.

    ``lock_timeout`` is how long a write waits for another one, in seconds; a request's deadline
    shortens it. PostgreSQL ends a statement that takes ``statement_timeout`` seconds beside that
    wait; 0 lets it run, as commands and migrations may.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The original message repeats the URL, and with it the password.
        raise ConfigurationError("XSUAA_DATABASE_URL: is not a database URL") from None
    common: dict[str, Any] = {
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": lock_timeout,
        "hide_parameters": True,
    }
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": lock_timeout}, **common)
        event.listen(engine, "connect", partial(_prepare_sqlite, lock_timeout))
        event.listen(engine, "begin", partial(_begin_sqlite, lock_timeout))
        event.listen(engine, "handle_error", partial(_leave_unusable_sqlite, engine))
        return engine
    engine = create_engine(
        parsed,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        # A standby would answer with the past: a deleted credential could still be there (D-03).
        connect_args={"target_session_attrs": "read-write", "connect_timeout": 5},
        **common,
    )
    event.listen(engine, "connect", partial(_prepare_postgresql, statement_timeout))
    event.listen(engine, "begin", partial(_begin_postgresql, lock_timeout, statement_timeout))
    return engine


def read_options(engine: Engine) -> Mapping[str, Any]:
    """Return execution options under which every statement sees all that is committed so far."""
    if engine.dialect.name == "sqlite":
        return {_WITHOUT_TRANSACTION: True}
    return {"isolation_level": "AUTOCOMMIT", _WITHOUT_TRANSACTION: True}


def database_time(connection: Connection) -> datetime:
    """Return the one clock that all hosts share; with SQLite that is this machine's."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


class DatabaseClock:
    """The database's time, for what all hosts and commands have to agree on."""

    def __init__(self, engine: Engine) -> None:
        """Ask on connections without a transaction of their own."""
        self._engine = engine.execution_options(**read_options(engine))

    def now(self) -> datetime:
        """Return the database's current time."""
        with self._engine.connect() as connection:
            return database_time(connection)


def _prepare_sqlite(lock_timeout: int, connection: Any, _record: object) -> None:
    # The driver's own transaction control loses updates; "begin" below takes its place (D-19).
    connection.isolation_level = None
    _write_ahead(connection, lock_timeout)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        # Read where the system has it in memory anyway: of copies each thread would keep its own.
        f"mmap_size={_MAX_MAPPED}",
        f"cache_size=-{_CACHE_KIBIBYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: Any, lock_timeout: int) -> None:
    """Have a new file keep a write-ahead log.

    While somebody else writes, perhaps to do the same, SQLite refuses that at once, whatever its
    timeout is.
    """
    give_up = time.monotonic() + seconds_left(lock_timeout)
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _leave_unusable_sqlite(engine: Engine, context: ExceptionContext) -> None:
    """Open the file anew after errors that belong to the open file, not to the statement.

    What was opened while the file was read-only would stay read-only for ever, and with it what is
    opened later: all connections of a process share one index of the write-ahead log.
    """
    name = getattr(context.original_exception, "sqlite_errorname", "")
    if name.startswith(("SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")):
        context.is_disconnect = True
        if context.execution_context is not None:
            # A connection closed before its cursors lives on until these are collected.
            context.execution_context.cursor.close()
        engine.dispose()


def _begin_sqlite(lock_timeout: int, connection: Connection) -> None:
    if not connection.get_execution_options().get(_WITHOUT_TRANSACTION):
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_milliseconds(lock_timeout)}").close()
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_postgresql(statement_timeout: int, connection: Any, _record: object) -> None:
    # Only "off" is raised: a stronger setting of the operator stays.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
        if statement_timeout:
            cursor.execute(f"SET statement_timeout = {statement_timeout * 1000}")
    connection.commit()


def _begin_postgresql(lock_timeout: int, statement_timeout: int, connection: Connection) -> None:
    if connection.get_execution_options().get(_WITHOUT_TRANSACTION):
        return
    lock = _milliseconds(lock_timeout)
    settings = f"SELECT set_config('lock_timeout', '{lock}', true)"
    if statement_timeout:
        # A wait for a lock counts as well: its own limit, and its own error, must come first.
        limit = lock + statement_timeout * 1000
        settings += f", set_config('statement_timeout', '{limit}', true)"
    connection.exec_driver_sql(settings)


def _milliseconds(lock_timeout: int) -> int:
    return max(1, round(seconds_left(lock_timeout) * 1000))
