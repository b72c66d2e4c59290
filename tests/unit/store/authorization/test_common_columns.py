"""Columns of the parts of one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import literal, union_all

from broker.store.authorization.common_columns import Kind, common_columns

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_absent_columns_are_null_on_both_databases(domain: Domain) -> None:
    parts = (common_columns(Kind.CLIENT, a=literal(7)), common_columns(Kind.ROLE, one=literal("x")))
    with domain.engine.connect() as connection:
        rows = connection.execute(union_all(*parts)).all()
    assert {tuple(each for each in row if each is not None) for row in rows} == {
        (Kind.CLIENT, 7),
        (Kind.ROLE, "x"),
    }
