"""Connections to PostgreSQL that defer statements without result, and are checked before use."""

from __future__ import annotations

import select
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final, Self, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError

from broker.store.database.deferred import DEFERRED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Dialect, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

_DOUBTFUL_AFTER_SECONDS: Final = 5.0
"""Idle time after which a connection may be lost without a sign of it."""

_USED = "xsuaa_used_at"


class DeferringConnection(psycopg.Connection[Any]):
    """A connection in the driver's autocommit mode, in which the engine begins transactions."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what the driver passes."""
        super().__init__(*arguments, **options)
        self.cursor_factory = _DeferringCursor
        self._deferred: list[Callable[[psycopg.Cursor[Any]], object]] = []

    def defer(self, statement: Any, parameters: Any = None) -> None:
        """Execute a statement without result in the round trip of the next one."""
        self._deferred.append(lambda cursor: cursor.execute(statement, parameters))

    def defer_many(self, statement: Any, rows: Iterable[Any]) -> None:
        """Execute a statement without result for each row, in the round trip of the next one."""
        self._deferred.append(lambda cursor: cursor.executemany(statement, rows))

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction has begun, or its begin was deferred."""
        return bool(self._deferred) or self.info.transaction_status != TransactionStatus.IDLE

    def commit(self) -> None:
        """Execute what was deferred, and commit in the same round trip; roll back if that fails."""
        if not self._deferred:
            super().commit()
            return
        try:
            with self.cursor() as cursor:
                cursor.execute("COMMIT")
        except BaseException:
            # The engine expects that a failed commit has ended the transaction.
            with suppress(psycopg.Error):
                self.rollback()
            raise

    def rollback(self) -> None:
        """Discard what was deferred, and roll back."""
        self._deferred.clear()
        super().rollback()

    @contextmanager
    def with_deferred(self) -> Iterator[None]:
        """Send what was deferred before what the block sends, in one round trip."""
        if not self._deferred:
            yield
            return
        deferred, self._deferred = self._deferred, []
        # A pipeline needs libpq 14; an older one makes a round trip for each statement.
        with self.pipeline() if psycopg.Pipeline.is_supported() else nullcontext():
            for execute in deferred:
                with psycopg.Cursor(self) as cursor:
                    execute(cursor)
            yield


class _DeferringCursor(psycopg.Cursor[Any]):
    is_deferred = False

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        connection = cast("DeferringConnection", self.connection)
        if self.is_deferred and connection.is_in_transaction:
            connection.defer(query, params)
        else:
            with connection.with_deferred():
                super().execute(query, params, **options)
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], **options: Any) -> None:
        connection = cast("DeferringConnection", self.connection)
        if self.is_deferred and connection.is_in_transaction:
            connection.defer_many(query, params_seq)
        else:
            with connection.with_deferred():
                super().executemany(query, params_seq, **options)


def listen(engine: Engine) -> None:
    """Let the engine use such connections, and check one before use if it may be lost.

    Pinging each connection would cost a round trip per transaction.
    """
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "before_cursor_execute", _defer_if_requested)
    event.listen(engine, "checkin", _note_use)

    def check(connection: DeferringConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        used_at = record.info.get(_USED)
        if used_at is None or _is_surely_open(connection, used_at):
            return
        try:
            is_open = engine.dialect.do_ping(cast("Any", connection))
        except psycopg.Error:
            is_open = False
        if not is_open:
            raise InvalidatePoolError

    event.listen(engine, "checkout", check)


def _connect(
    _dialect: Dialect,
    _record: ConnectionPoolEntry,
    arguments: Sequence[Any],
    options: Mapping[str, Any],
) -> DeferringConnection:
    return DeferringConnection.connect(*arguments, **options)


def _defer_if_requested(
    _connection: object,
    cursor: Any,
    _statement: str,
    _parameters: object,
    context: Any,
    _is_many: object,
) -> None:
    if context is not None and context.execution_options.get(DEFERRED):
        cursor.is_deferred = True


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = time.monotonic()


def _is_surely_open(connection: DeferringConnection, used_at: float) -> bool:
    """Return whether the connection was used just now and the server has sent nothing since.

    A server that ends or closes its connections sends a message or the end of the stream.
    """
    if connection.closed or time.monotonic() - used_at > _DOUBTFUL_AFTER_SECONDS:
        return False
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return not waiting.poll(0)
