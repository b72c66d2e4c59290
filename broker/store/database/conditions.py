"""Conditions of filters as SQL: bound parameters only, with the same results on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, and_, false, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from broker.search.condition import Combination, Connective, Operator
from broker.store.tables.collation import by_code_points

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import SQLColumnExpression
    from sqlalchemy.sql.compiler import SQLCompiler

    from broker.search.condition import Condition

_MILLISECOND = timedelta(milliseconds=1)
_LAST = chr(0x10FFFF)
_SURROGATES = range(0xD800, 0xE000)


class _contains(FunctionElement[bool]):  # noqa: N801
    """Whether a text contains another one; unlike LIKE without wildcards and escapes."""

    name = "contains"
    type = Boolean()
    inherit_cache = True


@compiles(_contains)
def _instr(element: _contains, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)}) > 0"


@compiles(_contains, "postgresql")
def _strpos(element: _contains, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)}) > 0"


def sql_condition(
    condition: Condition, columns: Mapping[str, SQLColumnExpression[Any]]
) -> ColumnElement[bool]:
    """Return the condition over these columns, by the names of its attributes.

    Columns of texts are compared by code points, whatever their collation.
    """
    if isinstance(condition, Combination):
        parts = [sql_condition(each, columns) for each in condition.parts]
        return and_(*parts) if condition.connective is Connective.AND else or_(*parts)
    column = columns[condition.attribute]
    if condition.operator is Operator.PRESENT:
        return column.is_not(None)
    value = condition.value
    if isinstance(value, bool):
        return column == value
    if isinstance(value, str):
        return _of_text(by_code_points(column), condition.operator, value)
    return _of_time(column, condition.operator, value) if value else false()


def _of_text(text: ColumnElement[str], operator: Operator, value: str) -> ColumnElement[bool]:
    match operator:
        case Operator.EQUAL:
            return text == value
        case Operator.CONTAINS:
            return _contains(text, literal(value))
        case Operator.STARTS_WITH:
            end = _after_prefix(value)
            return text >= value if end is None else and_(text >= value, text < end)
        case Operator.GREATER:
            return text > value
        case Operator.AT_LEAST:
            return text >= value
        case Operator.LESS:
            return text < value
        case _:
            return text <= value


def _of_time(
    column: SQLColumnExpression[Any], operator: Operator, value: datetime
) -> ColumnElement[bool]:
    """Compare milliseconds: those of ``value`` are followed by up to 999 microseconds."""
    end = value + _MILLISECOND
    match operator:
        case Operator.EQUAL:
            return and_(column >= value, column < end)
        case Operator.GREATER:
            return column >= end
        case Operator.AT_LEAST:
            return column >= value
        case Operator.LESS:
            return column < value
        case _:
            return column < end


def _after_prefix(prefix: str) -> str | None:
    """Return the first text, by code points, after all that have the prefix; None for no end."""
    kept = prefix.rstrip(_LAST)
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
