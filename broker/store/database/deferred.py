"""Statements without result, sent to PostgreSQL in the round trip of the next one.

A transaction mostly writes rows and reads no result. PostgreSQL gets such statements together with
the next one that has a result, or with the commit, in order: later statements see their changes,
and raise their errors. SQLite executes them at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Executable

DEFERRED: Final = "xsuaa_deferred"
"""Execution option of a statement whose result is not read."""


def execute_later(
    connection: Connection,
    statement: Executable,
    rows: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
) -> None:
    """Execute a statement in a transaction, at the latest with the commit.

    ``rows``: its parameters, as for ``Connection.execute``. Its errors may be raised later.
    """
    connection.execute(statement, rows, execution_options={DEFERRED: True})


def execute_deferred(connection: Connection) -> None:
    """Execute what was deferred; raise its errors."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SELECT 1")
