"""One statement on connections that stay open, by the driver alone (D-03).

The token endpoint asks one question for each token. Through SQLAlchemy's own execution and its pool
that costs as much time as everything else around the signature together.
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
"""An engine's execution option: returns a context manager for each statement that is made here.

SQLAlchemy's own events know of its own statements only.
"""


@dataclass(frozen=True, slots=True, repr=False)
class UnreadableRow:
    """A row with a value that its column's type does not allow; empty if the driver refused it."""

    values: tuple[Any, ...]


class HeldStatement:
    """A query without a transaction: each call sees all that is committed when it begins."""

    def __init__(self, engine: Engine, query: Select[Any]) -> None:
        """Nothing is connected yet; disposing of the engine closes what is."""
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
        # Several statements in one trip; psycopg has it if its libpq is 14 or later.
        pipeline = getattr(driver, "Pipeline", None)
        self._has_pipelines = pipeline is not None and pipeline.is_supported()
        # As many as there ever were callers at one time; the one that was used last goes first.
        self._held: deque[PoolProxiedConnection] = deque()
        event.listen(engine, "engine_disposed", lambda _: self._close_all())

    def rows(self, **parameters: object) -> list[Any]:
        """Return the rows, as named tuples or UnreadableRow; raise StoreUnavailable.

        Connections may have died since they were used last; then the question is asked once more,
        on a new one.
        """
        return self.rows_of_each([parameters])[0]

    def rows_of_each(self, questions: Sequence[Mapping[str, object]]) -> list[list[Any]]:
        """Do the same for several sets of parameters, in one trip to the database if it can.

        Each is a statement of its own all the same, and sees what is committed when it begins.
        """
        try:
            connection = self._held.pop()
        except IndexError:
            return self._ask_anew(questions)
        try:
            found = self._ask_together(connection, questions)
        except self._faults:
            connection.close()
            self._close_all()
            return self._ask_anew(questions)
        self._held.append(connection)
        return found

    def _ask_anew(self, questions: Sequence[Mapping[str, object]]) -> list[list[Any]]:
        connection = None
        try:
            connection = self._connected()
            found = self._ask_together(connection, questions)
        except self._faults as error:
            if connection is not None:
                connection.close()
            raise StoreUnavailable("The database cannot be used at the moment.") from error
        self._held.append(connection)
        return found

    def _ask_together(
        self, connection: PoolProxiedConnection, questions: Sequence[Mapping[str, object]]
    ) -> list[list[Any]]:
        if len(questions) == 1 or not self._has_pipelines:
            return [self._answers(self._ask(connection, each)) for each in questions]
        driver_connection: Any = connection.dbapi_connection
        with driver_connection.pipeline():
            asked = [self._ask(connection, each) for each in questions]
            return [self._answers(cursor) for cursor in asked]

    def _ask(self, connection: PoolProxiedConnection, parameters: Mapping[str, object]) -> Any:
        """Return a cursor that rows can be fetched from."""
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

    def _answers(self, cursor: Any) -> list[Any]:
        try:
            # To the end: a cursor that is left in the middle keeps seeing the past (D-03).
            rows = cursor.fetchall()
        except self._faults as error:
            if is_unreadable_value(error):
                return [UnreadableRow(())]
            raise
        finally:
            cursor.close()
        return [self._read(row) for row in rows]

    def _read(self, row: tuple[Any, ...]) -> Any:
        try:
            return self._named(self._processed(row))
        except (TypeError, ValueError):
            # Questions of others are answered with it.
            return UnreadableRow(row)

    def _processed(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for index, process in self._processors:
            values[index] = process(values[index])
        return values

    def _connected(self) -> PoolProxiedConnection:
        connection = self._engine.raw_connection()
        # No longer the pool's: what is held all the time must not stand in the way of others.
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
