"""Fresh SQLite and PostgreSQL databases for tests without a server."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from broker.errors import ConfigurationError
from broker.store.database import schema
from broker.store.database.engine import open_engine
from broker.store.database.schema_revision import require_current

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.support.postgres import PrivatePostgres

_MIGRATED = "migrated"


def fresh_database(directory: Path, postgres: PrivatePostgres | None) -> str:
    """Return the URL of an empty database for the product's engine."""
    if postgres is None:
        return f"sqlite:///{directory / 'store.db'}"
    return _for_the_engine(postgres.create_database(f"fresh_{uuid4().hex}"))


def migrated_copy(directory: Path, postgres: PrivatePostgres | None) -> str:
    """Return the URL, for the product's engine, of a new database with the current schema."""
    if postgres is None:
        file = directory / "store.db"
        place_migrated_file(file)
        return f"sqlite:///{file}"
    return _for_the_engine(migrated_database(postgres, f"copy_{uuid4().hex}"))


class RecycledFile:
    """One migrated SQLite database under the same URL for many tests: each gets a new file."""

    def __init__(self, directory: Path, prepare: Callable[[str], None]) -> None:
        """``prepare`` receives the URL of the database that is copied, and may add rows."""
        self._file = directory / "store.db"
        self._prepared = directory / "prepared.db"
        place_migrated_file(self._prepared)
        prepare(f"sqlite:///{self._prepared}")

    def restored(self) -> str:
        """Return the URL for the product's engine, with no rows but those of the preparation."""
        for suffix in ("", "-wal", "-shm"):
            self._file.with_name(f"{self._file.name}{suffix}").unlink(missing_ok=True)
        _copy(self._prepared, self._file)
        return f"sqlite:///{self._file}"


class RecycledDatabase:
    """One migrated PostgreSQL database for many tests that change no table's definition.

    Deleting the rows of the test before takes a tenth of the time of a new copy.
    """

    def __init__(self, postgres: PrivatePostgres, prepare: Callable[[str], None]) -> None:
        """Create it; ``prepare`` receives its URL and may add rows."""
        self._address = migrated_database(postgres, f"recycled_{uuid4().hex}")
        prepare(_for_the_engine(self._address))
        self._connection = self._connected()
        found = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname='public'"
        )
        tables = [sql.Identifier(name) for (name,) in found]
        self._deletions = sql.Composed([sql.SQL("DELETE FROM {};").format(each) for each in tables])
        rows = [self._connection.execute(_TABLE.format(each)).fetchall() for each in tables]
        self._rows = [each for each in zip(tables, rows, strict=True) if each[1]]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection by which rows are deleted."""
        self._connection.close()

    def restored(self) -> str:
        """Return the URL for the product's engine, with no rows but those of the preparation.

        Connections that are still open are ended.
        """
        try:
            self._restore()
        except psycopg.OperationalError:  # a test ends all connections of its database
            self._connection = self._connected()
            self._restore()
        return _for_the_engine(self._address)

    def _connected(self) -> psycopg.Connection:
        connection = psycopg.connect(self._address, autocommit=True)
        # All rows are replaced at once, so neither foreign keys nor their order matter.
        connection.execute("SET session_replication_role = replica")
        return connection

    def _restore(self) -> None:
        self._connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(self._deletions)
            for table, rows in self._rows:
                values = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
                cursor.executemany(_INSERT.format(table, values), rows)


_TABLE = sql.SQL("TABLE {}")
_INSERT = sql.SQL("INSERT INTO {} VALUES ({})")


def is_current(url: str) -> bool:
    """Return whether this database has the current schema."""
    engine = open_engine(_for_the_engine(url), connections=1, lock_timeout=5)
    try:
        require_current(engine)
    except (ConfigurationError, DBAPIError):
        return False
    else:
        return True
    finally:
        engine.dispose()


def migrated_database(postgres: PrivatePostgres, name: str) -> str:
    """Create a database with the current schema and give its address for PostgreSQL's clients."""
    _place_migrated_database(postgres)
    return postgres.create_database(name, like=_MIGRATED)


@cache
def _place_migrated_database(postgres: PrivatePostgres) -> None:
    _migrate(_for_the_engine(postgres.create_database(_MIGRATED)))


def place_migrated_file(file: Path) -> None:
    """Put an SQLite database with the current schema where there is none, for its owner only."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    _copy(_migrated_file(), file)


def _copy(source: Path, file: Path) -> None:
    file.touch(mode=0o600, exist_ok=False)
    shutil.copyfile(source, file)


@cache
def _migrated_file() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="migrated-"))
    atexit.register(shutil.rmtree, directory)
    file = directory / "migrated.db"
    _migrate(f"sqlite:///{file}")
    return file


def _migrate(url: str) -> None:
    engine = open_engine(url, connections=2, lock_timeout=5)
    schema.upgrade(engine)
    # Nothing may be connected to what PostgreSQL copies; SQLite writes its journal back.
    engine.dispose()


def _for_the_engine(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
