"""One row for a user in every table of what belongs to users."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Boolean, Column, LargeBinary, Table, func, insert, select

from broker.ids import new_row_id
from broker.store.tables.core import UtcDateTime, client, data_key
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import shadow_user
from tests.support.users import NOW

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

DESCRIPTOR = {
    "xsappname": "app",
    "scopes": [{"name": "$XSAPPNAME.Read"}],
    "role-templates": [{"name": "Reader", "scope-references": ["$XSAPPNAME.Read"]}],
    "role-collections": [
        {"name": "Readers", "role-template-references": ["$XSAPPNAME.Reader"]},
    ],
}


def tables_of_users() -> dict[str, tuple[Table, Column[Any]]]:
    """Return every table whose rows belong to users, with the column that names the user."""
    tables = shadow_user.metadata.sorted_tables
    return {
        table.name: (table, key.parent)
        for table in tables
        for key in table.foreign_keys
        if key.column.table is shadow_user
    }


def fill(domain: Domain, user: User) -> None:
    """Insert a row of the user into each table; provision an instance with ``DESCRIPTOR`` first."""
    with domain.engine.begin() as connection:
        found = {
            "client_row_id": connection.execute(
                select(client.c.id).where(client.c.client_id == "sb-app!t1")
            ).scalar_one(),
            "digest_key_id": connection.execute(select(data_key.c.id)).scalars().first(),
            "role_collection_row_id": connection.execute(
                select(role_collection.c.id).where(role_collection.c.name == "Readers")
            ).scalar_one(),
        }
        for table, owner in tables_of_users().values():
            values = {each.name: _value(each) for each in table.c}
            values |= {name: value for name, value in found.items() if name in values}
            connection.execute(insert(table).values({**values, owner.name: user.row_id}))


def counts(domain: Domain, user: User) -> dict[str, int]:
    """Return the number of the user's rows in each table."""
    with domain.engine.connect() as connection:
        return {
            name: connection.execute(
                select(func.count()).select_from(table).where(owner == user.row_id)
            ).scalar_one()
            for name, (table, owner) in tables_of_users().items()
        }


def _value(column: Column[Any]) -> Any:
    if isinstance(column.type, UtcDateTime):
        return NOW
    if isinstance(column.type, LargeBinary):
        return b"a digest or an envelope"
    if isinstance(column.type, Boolean):
        return True
    if column.name == "id":
        return new_row_id()
    if column.nullable:
        return None
    if column.type.python_type is int:
        return 1
    assert column.type.python_type is not datetime
    return uuid4().hex[:16]
