"""A column that SQLite does not look up in an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from broker.store.database.planning import filtering
from broker.store.tables.assignments import role_assignment

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_an_index_is_not_used_on_sqlite(domain: Domain) -> None:
    column = role_assignment.c.role_collection_row_id
    query = select(role_assignment.c.id).where(filtering(column).in_([1, 2]))
    statement = str(query.compile(domain.engine, compile_kwargs={"literal_binds": True}))
    is_sqlite = domain.engine.dialect.name == "sqlite"
    assert ("+role_assignment" in statement) is is_sqlite
    with domain.engine.connect() as connection:
        assert connection.execute(query).all() == []
        if is_sqlite:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
            assert "SCAN" in plan[0][3]
