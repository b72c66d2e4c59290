"""Tables for a migration alone, got without making anybody the victim of a deadlock (D-24).

A migration that locks table after table while requests run can meet one that holds what it wants
and wants what it holds. So it takes every lock before it changes anything, gives all of them back
before PostgreSQL looks for deadlocks among those that wait behind it, and tries again later.
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

PATIENCE_SECONDS = 60
_LONGEST_PAUSE = 1.0
"""Seconds; meanwhile those that waited behind the locks are served."""

_ONE_MIGRATION = 0x78737561615F6462
"""The advisory lock of who migrates: there are no tables yet when the first one comes."""

_LIMIT = text(
    "SELECT set_config('statement_timeout', greatest(1, least(500, setting::integer / 2))::text,"
    " true) FROM pg_settings WHERE name = 'deadlock_timeout'"
)
"""Milliseconds for all locks together: requests wait as long, and none looks for a deadlock."""

_IN_THE_WAY = text(
    "SELECT pid, application_name, xact_start FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    " ORDER BY xact_start LIMIT 1"
)


@contextmanager
def tables_for_a_migration(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that nobody runs beside; committed in the end.

    With SQLite the transaction itself, which waits for writers, is the lock. Raises Busy when
    transactions of others did not end in PATIENCE_SECONDS, and names the oldest of them.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            _lock_all(connection)
        else:
            connection.begin()
        yield connection
        connection.commit()


def _lock_all(connection: Connection) -> None:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    told = False
    while not _locked(connection):
        connection.rollback()
        if time.monotonic() > ends_at:
            raise Busy(f"The tables are in use{_by_whom(connection)}; try again when it has ended.")
        if not told:
            _log.warning("tables are in use, waiting", seconds=PATIENCE_SECONDS)
            told = True
        time.sleep(random.uniform(_LONGEST_PAUSE / 4, _LONGEST_PAUSE))  # noqa: S311 - jitter


def _locked(connection: Connection) -> bool:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_MIGRATION})
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


def _by_whom(connection: Connection) -> str:
    oldest = connection.execute(_IN_THE_WAY).one_or_none()
    if oldest is None:
        return ""
    name = f" ({oldest.application_name})" if oldest.application_name else ""
    return f" by process {oldest.pid}{name}, in a transaction since {oldest.xact_start:%FT%T%z}"
