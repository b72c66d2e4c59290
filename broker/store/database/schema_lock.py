"""Exclusive table locks for a migration that never abort requests by a deadlock (D-24).

A migration that locks one table after another can deadlock with running requests. Therefore it
acquires all locks before any change, releases them before PostgreSQL's deadlock timeout of the
transactions waiting for them, and retries later.
"""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from broker.errors import Busy
from broker.store.database.faults import is_retryable, was_cancelled
from broker.store.tables.core import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_log = structlog.get_logger(__name__)

LOCK_TIMEOUT_SECONDS = 60
_MAX_PAUSE_SECONDS = 1.0
"""Between two attempts; meanwhile the requests that waited for the locks proceed."""

_MIGRATION_LOCK = 0x78737561615F6462
"""An advisory lock, because the first migration finds no tables to lock."""

_LIMIT = text(
    "SELECT set_config('statement_timeout', greatest(1, least(500, setting::integer / 2))::text,"
    " true) FROM pg_settings WHERE name = 'deadlock_timeout'"
)
"""Milliseconds for acquiring all locks: less than the deadlock timeout of waiting requests."""

_OLDEST_TRANSACTION = text(
    "SELECT pid, application_name, xact_start FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    " ORDER BY xact_start LIMIT 1"
)


@contextmanager
def tables_for_a_migration(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction with all tables locked; commit it at the end.

    On SQLite the transaction itself is the lock. Raises Busy, naming the oldest other transaction,
    if the locks are not acquired in LOCK_TIMEOUT_SECONDS.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            _lock_all(connection)
        else:
            connection.begin()
        yield connection
        connection.commit()


def _lock_all(connection: Connection) -> None:
    ends_at = time.monotonic() + LOCK_TIMEOUT_SECONDS
    is_logged = False
    while not _try_lock_all(connection):
        connection.rollback()
        if time.monotonic() > ends_at:
            raise Busy(f"The tables are in use{_oldest_user(connection)}; try again later.")
        if not is_logged:
            _log.warning("tables in use, waiting for locks", seconds=LOCK_TIMEOUT_SECONDS)
            is_logged = True
        time.sleep(random.uniform(_MAX_PAUSE_SECONDS / 4, _MAX_PAUSE_SECONDS))  # noqa: S311 - jitter


def _try_lock_all(connection: Connection) -> bool:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    present = inspect(connection).get_table_names()
    if tables := sorted({"alembic_version", *metadata.tables}.intersection(present)):
        connection.execute(_LIMIT)
        try:
            connection.execute(text(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE"))
        except OperationalError as error:
            if was_cancelled(error) or is_retryable(error):
                return False
            raise
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    return True


def _oldest_user(connection: Connection) -> str:
    oldest = connection.execute(_OLDEST_TRANSACTION).one_or_none()
    if oldest is None:
        return ""
    name = f" ({oldest.application_name})" if oldest.application_name else ""
    return f" by process {oldest.pid}{name}, in a transaction since {oldest.xact_start:%FT%T%z}"
