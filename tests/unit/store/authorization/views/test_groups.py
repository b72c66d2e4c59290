"""Filters of groups read an index on both databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.authorization.groups.model import GROUP_ATTRIBUTES
from broker.ids import new_row_id
from broker.search.condition import Selection
from broker.search.filter import parse_filter
from broker.store.authorization.views.groups import GROUPS
from broker.store.database.pages import page_ids
from broker.store.tables.declared import role_collection
from tests.support.users import zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


@pytest.fixture
def crowded(domain: Domain) -> Zone:
    """A zone with thousands of role collections."""
    zone = zone_of(domain)
    with domain.engine.begin() as connection:
        owner = connection.execute(select(role_collection.c.client_row_id).limit(1)).scalar_one()
        rows = [
            {
                "id": new_row_id(),
                "zone_row_id": zone.row_id,
                "client_row_id": owner,
                "name": f"Collection {each} {uuid4().hex[:20]}",
                "is_read_only": False,
            }
            for each in range(3000)
        ]
        connection.execute(insert(role_collection), rows)
        connection.exec_driver_sql("ANALYZE role_collection")
    return zone


@pytest.mark.parametrize("filter_", ['displayName eq "x"', 'id eq "x"', 'displayName sw "Colx"'])
def test_whole_values_and_prefixes_read_an_index(
    domain: Domain, crowded: Zone, filter_: str
) -> None:
    selection = Selection("displayName", parse_filter(filter_, GROUP_ATTRIBUTES))
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[domain.engine.dialect.name].dialect()
    compiled = page_ids(GROUPS, crowded, selection).compile(
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
    with domain.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{explain} {compiled}".replace("%", "%%"))
        plan = " ".join(str(row[-1]) for row in rows)
    indexes = {"ix_role_collection_code_points", "sqlite_autoindex_role_collection_1"}
    assert indexes & set(re.findall(r"\w+", plan)), plan
    assert "Seq Scan on role_collection" not in plan
