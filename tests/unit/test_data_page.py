"""``docs/data.md`` lists every table with data of users, its owner, purge rule and index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from broker.store.logon.purge import EXPIRING
from broker.store.tables import assignments, core, identity, user_grants
from broker.store.tables.core import metadata

ROOT = Path(__file__).parents[2]
OWNERS = {
    "user": "shadow_user",
    "client": "client",
    "zone": "zone",
    "refresh family": "refresh_family",
}


def rows() -> dict[str, list[str]]:
    page = (ROOT / "docs" / "data.md").read_text()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\|.*\|$", page, re.MULTILINE)
    ]
    return {name: rest for name, *rest in cells[2:]}


def tables_of_users() -> set[str]:
    modules = (identity, assignments, user_grants)
    return {
        name
        for name, table in metadata.tables.items()
        if any(getattr(module, name, None) is table for module in modules)
        and getattr(core, name, None) is not table
    }


def test_every_table_is_listed_once() -> None:
    assert set(rows()) == tables_of_users()
    page = (ROOT / "docs" / "data.md").read_text()
    assert len(re.findall(r"^\| [a-z_]+ \|", page, re.MULTILINE)) == len(rows())


@pytest.mark.parametrize("name", sorted(tables_of_users()))
def test_the_page_agrees_with_the_table(name: str) -> None:
    table = metadata.tables[name]
    _, owners, deleted, index = rows()[name]
    cascading = {key.column.table.name for key in table.foreign_keys if key.ondelete == "CASCADE"}
    listed = {OWNERS[each] for each in owners.split(", ") if each in OWNERS}
    assert cascading <= listed
    assert listed - cascading <= {"zone"}
    assert ("expired ones by the task" in deleted) == (table in EXPIRING)
    assert ("with its owner" in deleted) <= bool(cascading)
    columns = index.split(", ")
    indexed = [
        list(each.columns.keys())
        for each in (*table.indexes, *table.constraints)
        if hasattr(each, "columns")
    ]
    assert any(each[: len(columns)] == columns for each in indexed), index
