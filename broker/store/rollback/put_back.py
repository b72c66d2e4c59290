"""Recognises a SQLite file that was put back from a copy, at the start and while it runs (D-62).

Each transaction that revokes something raises a count in the database and then, before the answer,
in a file of the state directory. A database behind the file was put back from a copy.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import structlog
from sqlalchemy import event, update

from broker.errors import ConfigurationError, StoreUnavailable
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.rollback.counts import (
    FILE_OPTION,
    MISSING,
    Counts,
    is_new,
    put_back,
    read_counts,
    revocation_file,
)
from broker.store.rollback.revocation_file import RevocationFile
from broker.store.tables.usage import installation

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_IN_DATABASE = "SELECT revocations FROM installation"
_TIMEOUT_SECONDS = 1.0

_log = structlog.get_logger(__name__)


def count_revocations(
    engine: Engine, state_directory: Path, lock_timeout: float, *, for_requests: bool = False
) -> None:
    """Let transactions of this engine count revocations in the state directory, if it is SQLite.

    ``for_requests``: a new connection to a database that was put back raises StoreUnavailable.
    """
    database = engine.url.database or ""
    if database.startswith("file:"):
        database = urlsplit(database).path
    if engine.dialect.name != "sqlite" or database in {"", ":memory:"}:
        return
    file = RevocationFile(state_directory, Path(database), lock_timeout)
    engine.update_execution_options(**{FILE_OPTION: file})
    if for_requests:
        event.listen(engine, "connect", partial(_require_no_copy, file))


def _require_no_copy(file: RevocationFile, connection: Any, _record: object) -> None:
    try:
        found = _counts_of(connection, file)
    except sqlite3.Error:
        return  # the statement for which the connection was opened reports it
    if found.is_behind:
        raise put_back(found)


def _counts_of(connection: Any, file: RevocationFile) -> Counts:
    in_file = file.read()
    [(in_database,)] = connection.execute(_IN_DATABASE).fetchall()
    return Counts(in_database, in_file)


def reason_to_lock(connection: Connection, *, if_missing: bool = False) -> str | None:
    """Return why the database has to be locked, None if it was not put back from a copy.

    ``if_missing``: also return a reason if the file has no count of this database.
    """
    file = revocation_file(connection)
    if file is None:
        return None
    found = read_counts(connection, file)
    if not (found.is_behind or (if_missing and found.is_missing)) or is_new(connection):
        return None
    return found.problem


def begin_to_count(engine: Engine, *, adopts: bool) -> None:
    """Prepare the counts of a database that is not behind, at the start of a server.

    ``adopts``: accept that the file has no count of this database, with a warning. Otherwise raise
    ConfigurationError, and if the file cannot be written.
    """
    file = revocation_file(engine)
    if file is None:
        return
    file.prepare()
    try:
        with translating(), engine.connect().execution_options(**READ_OPTIONS) as reading:
            found, new = read_counts(reading, file), is_new(reading)
        if found.in_database is None or new:
            # A process that is killed between these steps leaves no database behind its file.
            file.raise_to(0)
            found = _with_first_count(engine, file)
        elif found.is_missing and not adopts:
            raise ConfigurationError(f"The database is locked. {MISSING}")
        elif found.is_missing:
            _log.warning("no count of revocations found; it is taken from the database")
        file.raise_to(found.in_database or 0, always=True)
    except StoreUnavailable as error:
        raise ConfigurationError(str(error)) from error


def _with_first_count(engine: Engine, file: RevocationFile) -> Counts:
    with translating(), engine.begin() as connection:
        found = read_counts(connection, file)
        if found.in_database is None or found.is_behind:
            # A new file in place of another one continues with that one's count.
            found = Counts((found.in_file or 0) + 1, found.in_file)
            connection.execute(update(installation).values(revocations=found.in_database))
    return found


def require_no_copy(engine: Engine) -> None:
    """Raise StoreUnavailable if the database was put back while servers run, or cannot be read."""
    found = _counts_now(engine)
    if found.is_behind:
        raise put_back(found)


def keep_counts(engine: Engine) -> str | None:
    """Return why the database must not serve any longer, None if it may.

    Raises a count that a killed process left behind in the file. Raises StoreUnavailable if a count
    cannot be read or written.
    """
    found, file = _counts_now(engine), revocation_file(engine)
    if found.is_behind:
        return str(put_back(found))
    if file is not None and found.in_database is not None and found.in_database != found.in_file:
        if found.is_missing:
            _log.warning("the count of revocations was deleted; it is written again")
        file.raise_to(found.in_database)
    return None


def _counts_now(engine: Engine) -> Counts:
    """Return the counts of the file that has the database's name at present.

    Open connections keep a file that was replaced.
    """
    file = revocation_file(engine)
    if file is None:
        return Counts(None, None)
    address = f"file:{quote(str(file.database))}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=_TIMEOUT_SECONDS)) as connection:
            return _counts_of(connection, file)
    except sqlite3.Error as error:
        raise StoreUnavailable("The database cannot be used at the moment.") from error
