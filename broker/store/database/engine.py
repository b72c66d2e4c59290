"""Database connections, with the same guarantees on SQLite and PostgreSQL (D-03, D-19)."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from broker.errors import ConfigurationError
from broker.runtime.deadline import seconds_left

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ExceptionContext

_MAX_MAPPED = 0x7FFF_0000
"""Maximum bytes of a file that SQLite maps into memory; a million bindings need nearly as many.

A disk error in a mapped page ends the worker, which is replaced; without mapping it would fail one
request.
"""

_CACHE_KIBIBYTES = 512

_PAUSE_SECONDS = 0.02

_MIN_POOL = 2
"""Places of the pool: a request may read with one connection while it has a transaction."""

_WITHOUT_TRANSACTION = "xsuaa_without_transaction"

READ_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({_WITHOUT_TRANSACTION: True})
"""Execution options without a transaction: each statement reads committed data."""


def open_engine(
    url: str, *, connections: int, lock_timeout: int, statement_timeout: int = 0
) -> Engine:
    """Return an engine without connecting.

    It has at most ``connections`` connections, one of them for ``HeldStatement``, but at least
    three.

    ``lock_timeout``: seconds that a write waits for a lock; a request's deadline shortens it.
    ``statement_timeout``: seconds, without that wait, after which PostgreSQL cancels a statement;
    0, for commands and migrations, sets no limit. Raises ConfigurationError for an invalid URL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The original message contains the URL and with it the password.
        raise ConfigurationError("XSUAA_DATABASE_URL: not a valid database URL") from None
    common: dict[str, Any] = {
        "pool_size": max(connections - 1, _MIN_POOL),
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
    from broker.store.database import postgres_connection  # noqa: PLC0415 - imports the driver

    engine = create_engine(
        parsed,
        # _begin_postgresql begins transactions.
        isolation_level="AUTOCOMMIT",
        # A standby may be behind and still have deleted credentials (D-03).
        connect_args={"target_session_attrs": "read-write", "connect_timeout": 5},
        **common,
    )
    postgres_connection.listen(engine)
    event.listen(engine, "connect", partial(_prepare_postgresql, statement_timeout))
    event.listen(engine, "begin", partial(_begin_postgresql, lock_timeout, statement_timeout))
    return engine


def is_in_transaction(connection: Connection) -> bool:
    """Return whether the connection was opened without ``READ_OPTIONS``."""
    return not connection.get_execution_options().get(_WITHOUT_TRANSACTION)


def database_time(connection: Connection) -> datetime:
    """Return the database's time, a clock that all hosts share; on SQLite this machine's time."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


class DatabaseClock:
    """The database's clock, which all hosts and commands share."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def now(self) -> datetime:
        """Return the database's current time."""
        with self._engine.connect() as connection:
            return database_time(connection)


def _prepare_sqlite(lock_timeout: int, connection: Any, _record: object) -> None:
    # The driver's transaction control loses updates; _begin_sqlite replaces it (D-19).
    connection.isolation_level = None
    _write_ahead(connection, lock_timeout)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        # Reads the page cache of the system directly instead of copying pages per connection.
        f"mmap_size={_MAX_MAPPED}",
        f"cache_size=-{_CACHE_KIBIBYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def empty_write_ahead_log(engine: Engine) -> None:
    """Move what SQLite wrote ahead to the database file, so that the file alone is complete.

    Does nothing if another connection reads or writes, on errors, and on PostgreSQL.
    """
    if engine.dialect.name != "sqlite":
        return
    with (
        suppress(DBAPIError),
        engine.connect().execution_options(**READ_OPTIONS) as connection,
    ):
        connection.exec_driver_sql("PRAGMA busy_timeout = 0").close()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()


def _write_ahead(connection: Any, lock_timeout: int) -> None:
    """Switch the file to write-ahead logging.

    SQLite refuses this while another connection writes, regardless of the busy timeout.
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
    """Reopen the file after errors of the open file, as opposed to errors of the statement.

    Connections opened while the file was read-only would stay read-only, and so would later ones:
    all connections of a process share one index of the write-ahead log.
    """
    name = getattr(context.original_exception, "sqlite_errorname", "")
    if name.startswith(("SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")):
        context.is_disconnect = True
        if context.execution_context is not None:
            # A connection stays open until its cursors are closed or collected.
            context.execution_context.cursor.close()
        engine.dispose()


def _begin_sqlite(lock_timeout: int, connection: Connection) -> None:
    if not connection.get_execution_options().get(_WITHOUT_TRANSACTION):
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_milliseconds(lock_timeout)}").close()
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_postgresql(statement_timeout: int, connection: Any, _record: object) -> None:
    # Only "off" is changed: a stronger setting of the operator is kept.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
        if statement_timeout:
            cursor.execute(f"SET statement_timeout = {statement_timeout * 1000}")


def _begin_postgresql(lock_timeout: int, statement_timeout: int, connection: Connection) -> None:
    if connection.get_execution_options().get(_WITHOUT_TRANSACTION):
        return
    driver_connection: Any = connection.connection.dbapi_connection
    driver_connection.defer("BEGIN ISOLATION LEVEL READ COMMITTED")
    lock = _milliseconds(lock_timeout)
    driver_connection.defer(f"SET LOCAL lock_timeout = {lock}")
    if statement_timeout:
        # The statement timeout includes lock waits: the lock timeout and its error must come first.
        limit = lock + statement_timeout * 1000
        driver_connection.defer(f"SET LOCAL statement_timeout = {limit}")


def _milliseconds(lock_timeout: int) -> int:
    return max(1, round(seconds_left(lock_timeout) * 1000))
