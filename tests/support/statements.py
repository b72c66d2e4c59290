"""The statements that a test's engine executes."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import event

from broker.store.database.held_statement import WATCH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Engine


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """Yield the statements that follow, through SQLAlchemy and by ``HeldStatement``."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        executed.append(statement)

    def watch(statement: str) -> AbstractContextManager[object]:
        executed.append(statement)
        return nullcontext()

    event.listen(engine, "before_cursor_execute", note)
    engine.update_execution_options(**{WATCH: watch})
    yield executed
    event.remove(engine, "before_cursor_execute", note)
    engine.update_execution_options(**{WATCH: lambda _: nullcontext()})
