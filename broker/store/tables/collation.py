"""Texts with the same order and the same case on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, String, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy import SQLColumnExpression
    from sqlalchemy.sql.compiler import SQLCompiler


class by_code_points(FunctionElement[str]):  # noqa: N801 - used like func.lower
    """A text that is compared by the code points of its characters.

    SQLite always does so. PostgreSQL otherwise follows the language of the database, in which a
    range of an index does not contain all texts with a prefix.
    """

    name = "by_code_points"
    type = String()
    inherit_cache = True


@compiles(by_code_points)
def _as_is(element: by_code_points, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(by_code_points, "postgresql")
def _collated(element: by_code_points, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'


def ascii_lower(column: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return the text with the letters A to Z in lower case, and all others as they are."""
    return func.lower(by_code_points(column))
