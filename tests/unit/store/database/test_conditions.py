"""Conditions as SQL; tests/properties/test_filters.py compares their results with Python's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from broker.search.condition import Combination, Comparison, Connective, Operator
from broker.store.database.conditions import _after_prefix, sql_condition
from broker.store.tables.collation import ascii_lower
from broker.store.tables.identity import shadow_user

COLUMNS = {"name": shadow_user.c.folded_name, "email": ascii_lower(shadow_user.c.email)}
POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
SQLITE: Dialect = sqlite.dialect()
TEXT_OPERATORS = [each for each in Operator if each is not Operator.PRESENT]


@pytest.mark.parametrize("attribute", COLUMNS)
@pytest.mark.parametrize("operator", TEXT_OPERATORS)
@pytest.mark.parametrize("value", ["') OR 1=1 --", "%", "_", "\\", '"', ":x", "%(x)s"])
def test_values_are_bound_and_never_part_of_the_statement(
    attribute: str, operator: Operator, value: str
) -> None:
    condition = sql_condition(Comparison(attribute, operator, value), COLUMNS)
    other = sql_condition(Comparison(attribute, operator, "other"), COLUMNS)
    for dialect in (POSTGRESQL, SQLITE):
        compiled = condition.compile(dialect=dialect)
        assert str(compiled) == str(other.compile(dialect=dialect))
        assert "LIKE" not in str(compiled)
        assert value in compiled.params.values()


def test_texts_are_compared_by_code_points_on_postgresql_whatever_its_language() -> None:
    for attribute, operator in ((a, o) for a in COLUMNS for o in TEXT_OPERATORS):
        condition = sql_condition(Comparison(attribute, operator, "a"), COLUMNS)
        assert 'COLLATE "C"' in str(condition.compile(dialect=POSTGRESQL))
        assert "COLLATE" not in str(condition.compile(dialect=SQLITE))


def test_connectives() -> None:
    a, b, c = (Comparison("name", Operator.EQUAL, each) for each in "abc")
    both = Combination(Connective.AND, (b, c))
    text = str(sql_condition(Combination(Connective.OR, (a, both)), COLUMNS))
    assert text.count(" AND ") == text.count(" OR ") == 1
    assert text.index(" OR ") < text.index(" AND ")
    grouped = Combination(Connective.AND, (Combination(Connective.OR, (a, b)), c))
    assert str(sql_condition(grouped, COLUMNS)).startswith("(")


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("", None),
        ("a", "b"),
        ("a\U0010ffff", "b"),
        ("\U0010ffff", None),
        ("x\ud7ff", "x\ue000"),
        ("\uffff", "\U00010000"),
    ],
)
def test_the_end_of_a_prefix(prefix: str, end: str | None) -> None:
    assert _after_prefix(prefix) == end


def test_times_are_compared_to_the_millisecond() -> None:
    value = datetime(2030, 1, 1, tzinfo=UTC)
    columns = {"at": shadow_user.c.created_at}
    for operator, sign, bound in (
        (Operator.GREATER, ">=", value.replace(microsecond=1000)),
        (Operator.AT_LEAST, ">=", value),
        (Operator.LESS, "<", value),
        (Operator.AT_MOST, "<", value.replace(microsecond=1000)),
    ):
        compiled = sql_condition(Comparison("at", operator, value), columns).compile()
        assert f"created_at {sign} " in str(compiled)
        assert list(compiled.params.values()) == [bound]
