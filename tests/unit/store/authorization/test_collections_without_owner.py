"""Role collections without owner, which the next version writes while this one still runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import BigInteger, insert, select

from broker.errors import InvalidRequest
from broker.ids import new_row_id
from broker.store.tables.declared import role, role_collection, role_collection_role

if TYPE_CHECKING:
    from sqlalchemy import Table

    from tests.support.domain import Domain


def descriptor(name: str, *collections: str) -> dict[str, Any]:
    return {
        "xsappname": name,
        "role-templates": [{"name": "Viewer"}],
        "role-collections": [
            {"name": collection, "role-template-references": ["$XSAPPNAME.Viewer"]}
            for collection in collections
        ],
    }


def rows(domain: Domain, table: Table) -> list[dict[str, Any]]:
    with domain.engine.connect() as connection:
        found = connection.execute(select(table).order_by(table.c.id)).mappings()
        return [dict(row) for row in found]


def ownerless(domain: Domain) -> list[dict[str, Any]]:
    return [row for row in rows(domain, role_collection) if row["client_row_id"] is None]


def create_ownerless(domain: Domain, name: str, of_zone: str, *role_row_ids: int) -> int:
    """Create a collection as an administrator does in the next version; return its row id."""
    collection = new_row_id()
    with domain.engine.begin() as connection:
        connection.execute(
            insert(role_collection).values(
                id=collection,
                zone_row_id=domain.instance(of_zone).client.zone.row_id,
                client_row_id=None,
                name=name,
                description="made by hand",
            )
        )
        for role_row_id in role_row_ids:
            connection.execute(
                insert(role_collection_role).values(
                    id=new_row_id(), role_collection_row_id=collection, role_row_id=role_row_id
                )
            )
    return collection


@pytest.fixture
def later(domain: Domain) -> Domain:
    """The operations on a database in which collections need no owner any more."""
    with domain.engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("role_collection") as table:
            table.alter_column("client_row_id", existing_type=BigInteger(), nullable=True)
    return domain


def test_the_name_of_a_collection_without_owner_is_taken_in_its_zone(later: Domain) -> None:
    later.provision("i", descriptor("app"))
    create_ownerless(later, "All", "i")
    with pytest.raises(InvalidRequest, match="Role Collection All already exists"):
        later.provision("j", descriptor("other", "Mine", "All"))
    with pytest.raises(InvalidRequest, match="Role Collection All already exists") as refused:
        later.update("i", descriptor("app", "Mine", "All"))
    assert [violation.path for violation in refused.value.violations] == [
        "role-collections[1].name"
    ]
    later.provision("elsewhere", descriptor("other", "All"), organization_guid="other-org")


def test_an_update_leaves_collections_without_owner_alone(later: Domain) -> None:
    later.provision("i", descriptor("app", "Mine"))
    [viewer] = rows(later, role)
    by_hand = create_ownerless(later, "All", "i", viewer["id"])
    create_ownerless(later, "Empty", "i")
    before = ownerless(later)
    for collections in (["Mine", "More"], [], ["Mine"]):
        later.update("i", descriptor("app", *collections))
        assert ownerless(later) == before
        [member] = [
            row
            for row in rows(later, role_collection_role)
            if row["role_collection_row_id"] == by_hand
        ]
        assert member["role_row_id"] == viewer["id"]


def test_a_collection_without_owner_outlives_the_applications_in_it(later: Domain) -> None:
    """The application's roles are removed from it."""
    later.provision("i", descriptor("app", "Mine"))
    [viewer] = rows(later, role)
    create_ownerless(later, "All", "i", viewer["id"])
    before = ownerless(later)
    later.deprovision("i")
    assert rows(later, role_collection) == before
    assert rows(later, role_collection_role) == []
