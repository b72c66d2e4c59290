"""A query on persistent connections, executed by the driver without SQLAlchemy (D-03).

The token endpoint executes one query per token. SQLAlchemy's execution and pool would take as much
time as all other work around the signature.
"""

from __future__ import annotations

from collections import deque, namedtuple
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from broker.errors import StoreUnavailable
from broker.store.database.faults import is_unreadable_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Engine, PoolProxiedConnection, Select


WATCH = "xsuaa_watch"
"""Execution option of an engine: returns a context manager around each statement executed here.

SQLAlchemy's events do not cover these statements.
"""


@dataclass(frozen=True, slots=True, repr=False)
class UnreadableRow:
    """A row with a value of the wrong type; empty if the driver could not decode the row."""

    values: tuple[Any, ...]


class HeldStatement:
    """A query without a transaction: each execution sees all data committed when it starts."""

    def __init__(self, engine: Engine, query: Select[Any]) -> None:
        """``engine``: connected on first use; disposing of it closes the connections."""
        compiled = query.compile(engine)
        self._engine = engine
        self._sql = str(compiled)
        self._positions = tuple(compiled.positiontup or ())
        columns = query.selected_columns
        self._named = _named_row(columns.keys())
        self._processors = [
            (index, processor)
            for index, column in enumerate(columns)
            if (processor := _processor(column.type, engine.dialect)) is not None
        ]
        driver: Any = engine.dialect.loaded_dbapi
        self._faults = (driver.Error, PoolTimeoutError)
        # Several statements in one round trip; psycopg supports it with libpq 14 or later.
        pipeline = getattr(driver, "Pipeline", None)
        self._has_pipelines = pipeline is not None and pipeline.is_supported()
        # One per concurrent caller; the one used last is reused first.
        self._held: deque[PoolProxiedConnection] = deque()
        event.listen(engine, "engine_disposed", lambda _: self._close_all())

    def rows(self, **parameters: object) -> list[Any]:
        """Return the rows, as named tuples or UnreadableRow; raise StoreUnavailable.

        If a persistent connection was closed since its last use, the query is repeated once on a
        new connection.
        """
        return self.rows_of_each([parameters])[0]

    def rows_of_each(self, parameter_sets: Sequence[Mapping[str, object]]) -> list[list[Any]]:
        """Return the rows for each set of parameters, in one round trip if the driver supports it.

        Each set is a separate statement that sees all data committed when it starts. Raises
        StoreUnavailable.
        """
        try:
            connection = self._held.pop()
        except IndexError:
            return self._query_on_new_connection(parameter_sets)
        try:
            found = self._query(connection, parameter_sets)
        except self._faults:
            connection.close()
            self._close_all()
            return self._query_on_new_connection(parameter_sets)
        self._held.append(connection)
        return found

    def _query_on_new_connection(
        self, parameter_sets: Sequence[Mapping[str, object]]
    ) -> list[list[Any]]:
        connection = None
        try:
            connection = self._connect()
            found = self._query(connection, parameter_sets)
        except self._faults as error:
            if connection is not None:
                connection.close()
            raise StoreUnavailable("The database cannot be used at the moment.") from error
        self._held.append(connection)
        return found

    def _query(
        self, connection: PoolProxiedConnection, parameter_sets: Sequence[Mapping[str, object]]
    ) -> list[list[Any]]:
        if len(parameter_sets) == 1 or not self._has_pipelines:
            return [self._fetch(self._execute(connection, each)) for each in parameter_sets]
        driver_connection: Any = connection.dbapi_connection
        with driver_connection.pipeline():
            cursors = [self._execute(connection, each) for each in parameter_sets]
            return [self._fetch(cursor) for cursor in cursors]

    def _execute(self, connection: PoolProxiedConnection, parameters: Mapping[str, object]) -> Any:
        """Return a cursor from which the rows can be fetched."""
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
            if is_unreadable_value(error):
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
        connection = self._engine.raw_connection()
        # Detached: a persistent connection must not occupy a place in the pool.
        connection.detach()
        driver_connection: Any = connection.dbapi_connection
        self._engine.dialect.set_isolation_level(driver_connection, "AUTOCOMMIT")
        return connection

    def _close_all(self) -> None:
        while self._held:
            self._held.pop().close()


_nothing = nullcontext()


def _unwatched(_statement: str) -> AbstractContextManager[object]:
    return _nothing


def _named_row(names: list[str]) -> Callable[[list[Any]], Any]:
    row = namedtuple("HeldRow", names)  # type: ignore[misc]  # noqa: PYI024 - known at run time
    return row._make


def _processor(type_: Any, dialect: Any) -> Callable[[Any], Any] | None:
    found: Callable[[Any], Any] | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return found
