"""The statement on rights reads by indexes, whatever the number of users (I-143)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from broker.store.authorization.rights_statement import ACCEPTED, ASSIGNED, ASSIGNED_OR_MAPPED

if TYPE_CHECKING:
    from tests.support.domain import Domain

BASE = {"user": 1, "client": 2, "zone": 3}
MAPPED = {"origin": "o", "attributes": ["Groups", "land"], "values": ["g", "DE", "FR"]}
NAMED = {"client": 2, "zone": 3, "applications": ["a!t1"], "names": ["read"]}


@pytest.mark.parametrize(
    ("statement", "values"),
    [(ASSIGNED, BASE), (ASSIGNED_OR_MAPPED, BASE | MAPPED), (ACCEPTED, NAMED)],
    ids=["assigned", "mapped", "accepted"],
)
def test_no_table_is_read_as_a_whole(
    on_sqlite: Domain, statement: Any, values: dict[str, Any]
) -> None:
    compiled = statement.params(**values).compile(
        on_sqlite.engine, compile_kwargs={"literal_binds": True}
    )
    with on_sqlite.engine.connect() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()
    used = {match[1] for row in plan if (match := re.search(r"INDEX (\w+)", row.detail))}
    # Indexes with few rows for each value, except that of a primary key.
    assert used <= {
        "sqlite_autoindex_role_assignment_1",
        "ix_role_mapping_origin_attribute_value",
        "sqlite_autoindex_role_collection_role_1",
        "sqlite_autoindex_role_template_attribute_1",
        "sqlite_autoindex_role_attribute_1",
        "sqlite_autoindex_application_reference_1",
        "sqlite_autoindex_role_template_1",
        "sqlite_autoindex_role_1",
        "sqlite_autoindex_client_1",
        "sqlite_autoindex_client_2",
    }
    scanned = {match[1] for row in plan if (match := re.match(r"SCAN (\w+)$", row.detail))}
    assert scanned <= {"member", "held", "anon_1", "anon_2", "anon_3", "anon_4"}
    assert not any(re.search(r"\(\w+[<>]", row.detail) for row in plan)
