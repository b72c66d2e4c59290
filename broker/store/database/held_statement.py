"""A query on a persistent connection, executed by the driver without SQLAlchemy (D-03).

The token endpoint executes one query per token. SQLAlchemy's execution and pool would take as much
time as all other work around the signature.
"""

from __future__ import annotations

from collections import namedtuple
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from broker.errors import StoreUnavailable
from broker.store.database.faults import is_unreadable_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Dialect, Engine, PoolProxiedConnection, Select


WATCH = "xsuaa_watch"
"""Execution option of an engine: returns a context manager around each statement executed here.

SQLAlchemy's events do not cover these statements.
"""


_UNAVAILABLE = "The database cannot be used at the moment."


@dataclass(frozen=True, slots=True, repr=False)
class UnreadableRow:
    """A row with a value of the wrong type; empty if the driver could not decode the row."""

    values: tuple[Any, ...]


class _HeldConnection:
    """The persistent connection of an engine, for one statement at a time.

    Look-ups take less than a millisecond, so that all threads share one: on PostgreSQL each
    connection is a process.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.connection: PoolProxiedConnection | None = None
        self.failures = 0
        """How often the database could not be used."""

    def discard(self) -> None:
        """Close the connection; the caller has the lock."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        """Close the connection; the next statement opens another."""
        with self.lock:
            self.discard()


_held_connections: WeakKeyDictionary[Dialect, _HeldConnection] = WeakKeyDictionary()
"""By the dialect, which an engine and its copies with other options share."""


class HeldStatement:
    """A query without a transaction: each execution sees all data committed when it starts."""

    def __init__(self, engine: Engine, query: Select[Any]) -> None:
        """``engine``: connected on first use; disposing of it closes the connection."""
        compiled = query.compile(engine)
        self._engine = engine
        self._sql = str(compiled)
        self._positions = tuple(compiled.positiontup or ())
        self._constants = {
            name: value for name, value in compiled.params.items() if value is not None
        }
        columns = query.selected_columns
        self._named = _named_row(columns.keys())
        self._processors = [
            (index, processor)
            for index, column in enumerate(columns)
            if (processor := _processor(column.type, engine.dialect)) is not None
        ]
        driver: Any = engine.dialect.loaded_dbapi
        self._faults = (driver.Error, PoolTimeoutError)
        self._data_error = driver.DataError
        # Several statements in one round trip; psycopg supports it with libpq 14 or later.
        pipeline = getattr(driver, "Pipeline", None)
        self._has_pipelines = pipeline is not None and pipeline.is_supported()
        self._held = _held_connections.setdefault(engine.dialect, _HeldConnection())
        event.listen(engine, "engine_disposed", lambda _: self._held.close())

    def rows(self, **parameters: object) -> list[Any]:
        """Return the rows, as named tuples or UnreadableRow; raise StoreUnavailable.

        If the persistent connection was closed since its last use, the query is repeated once on a
        new connection.
        """
        return self.rows_of_each([parameters])[0]

    def rows_of_each(self, parameter_sets: Sequence[dict[str, object]]) -> list[list[Any]]:
        """Return the rows for each set of parameters, in one round trip if the driver supports it.

        Each set is a separate statement that sees all data committed when it starts. Raises
        StoreUnavailable.
        """
        failures = self._held.failures
        with self._held.lock:
            if self._held.failures != failures:
                # It failed for the caller before; each in turn would wait for the database again.
                raise StoreUnavailable(_UNAVAILABLE)
            if self._held.connection is not None:
                try:
                    return self._query(self._held.connection, parameter_sets)
                except self._faults:
                    self._held.discard()
            try:
                self._held.connection = self._connect()
                return self._query(self._held.connection, parameter_sets)
            except self._faults as error:
                self._held.failures += 1
                self._held.discard()
                raise StoreUnavailable(_UNAVAILABLE) from error

    def _query(
        self, connection: PoolProxiedConnection, parameter_sets: Sequence[dict[str, object]]
    ) -> list[list[Any]]:
        if len(parameter_sets) == 1 or not self._has_pipelines:
            return [self._fetch(self._execute(connection, each)) for each in parameter_sets]
        driver_connection: Any = connection.dbapi_connection
        with driver_connection.pipeline():
            cursors = [self._execute(connection, each) for each in parameter_sets]
            return [self._fetch(cursor) for cursor in cursors]

    def _execute(self, connection: PoolProxiedConnection, parameters: dict[str, object]) -> Any:
        """Return a cursor from which the rows can be fetched."""
        if self._constants:
            parameters = self._constants | parameters
        values = [parameters[name] for name in self._positions] if self._positions else parameters
        watched = self._engine.get_execution_options().get(WATCH, _unwatched)
        cursor: Any = connection.cursor()
        try:
            with watched(self._sql):
                cursor.execute(self._sql, values)
        except self._faults:
            cursor.close()
            raise
        return cursor

    def _fetch(self, cursor: Any) -> list[Any]:
        try:
            # All rows: an open cursor would keep its old snapshot (D-03).
            rows = cursor.fetchall()
        except self._faults as error:
            if is_unreadable_value(error) or isinstance(error, self._data_error):
                return [UnreadableRow(())]
            raise
        finally:
            cursor.close()
        return [self.read(row) for row in rows]

    def read(self, row: tuple[Any, ...]) -> Any:
        """Return the driver's row as a named tuple, or as UnreadableRow."""
        try:
            return self._named(self._processed(row))
        except (TypeError, ValueError):
            # Other requests' rows are read with it and must not fail.
            return UnreadableRow(row)

    def _processed(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for index, process in self._processors:
            if (value := values[index]) is not None:
                values[index] = process(value)
        return values

    def _connect(self) -> PoolProxiedConnection:
        # Not from the engine's pool, in which requests may hold all places.
        connection = self._engine.pool.recreate().connect()
        connection.detach()
        return connection


_nothing = nullcontext()


def _unwatched(_statement: str) -> AbstractContextManager[object]:
    return _nothing


def _named_row(names: list[str]) -> Callable[[list[Any]], Any]:
    row = namedtuple("HeldRow", names)  # type: ignore[misc]  # noqa: PYI024 - known at run time
    return row._make


def _processor(type_: Any, dialect: Any) -> Callable[[Any], Any] | None:
    found: Callable[[Any], Any] | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return found
