"""What keeps SQLite from a plan that is slower for large tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class filtering(FunctionElement[int]):  # noqa: N801 - used like func.abs
    """A column that selects among the rows that other conditions find.

    SQLite does not look the column up in an index (https://www.sqlite.org/optoverview.html, unary
    plus): of many values in a list, it would look each up for every row of the joined table.
    PostgreSQL chooses by its statistics.
    """

    name = "filtering"
    inherit_cache = True


@compiles(filtering)
def _as_is(element: filtering, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(filtering, "sqlite")
def _without_index(element: filtering, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"
