"""Role collections by attributes and groups of a provider, in the database (I-159)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from broker.authorization.collections.model import CollectionMapping, RoleCollection
from broker.ids import new_row_id
from broker.store.authorization.collections.declared import hold_names
from broker.store.tables.assignments import role_mapping as table
from broker.store.tables.declared import role_collection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from broker.identity.zone import Zone

_MAPPINGS = (
    select(table, role_collection.c.name.label("collection"))
    .join(role_collection, role_collection.c.id == table.c.role_collection_row_id)
    .order_by(role_collection.c.name, table.c.origin, table.c.attribute, table.c.value)
)


class MappingTable:
    """Reads and writes mappings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, collection: RoleCollection, mapping: CollectionMapping) -> bool:
        """Store the mapping; return whether it did not exist."""
        if self._connection.execute(select(table.c.id).where(*_key(collection, mapping))).first():
            return False
        self._connection.execute(
            insert(table).values(
                id=new_row_id(),
                role_collection_row_id=collection.row_id,
                origin=mapping.origin,
                attribute=mapping.attribute,
                operator=mapping.operator,
                value=mapping.value,
                created_by=mapping.created_by,
                created_at=mapping.created_at,
            )
        )
        hold_names(self._connection, collection.row_id)
        return True

    def remove(self, collection: RoleCollection, mapping: CollectionMapping) -> bool:
        """Delete the mapping; return whether it existed."""
        found = self._connection.execute(delete(table).where(*_key(collection, mapping)))
        return found.rowcount > 0

    def count(self, zone: Zone) -> int:
        """Return the number of the zone's mappings."""
        query = (
            select(func.count())
            .select_from(table)
            .join(role_collection, role_collection.c.id == table.c.role_collection_row_id)
            .where(role_collection.c.zone_row_id == zone.row_id)
        )
        return self._connection.execute(query).scalar_one()

    def of_collection(self, collection: RoleCollection) -> Sequence[CollectionMapping]:
        """Return the collection's mappings, ordered by origin, attribute and value."""
        return self._read(table.c.role_collection_row_id == collection.row_id)

    def of_origin(self, zone: Zone, origin: str) -> Sequence[CollectionMapping]:
        """Return the zone's mappings of this origin, ordered by collection, attribute and value."""
        return self._read(role_collection.c.zone_row_id == zone.row_id, table.c.origin == origin)

    def _read(self, *conditions: ColumnElement[bool]) -> Sequence[CollectionMapping]:
        return [
            CollectionMapping(
                row.collection,
                row.origin,
                row.attribute,
                row.value,
                row.operator,
                row.created_by,
                row.created_at,
            )
            for row in self._connection.execute(_MAPPINGS.where(*conditions))
        ]


def _key(collection: RoleCollection, mapping: CollectionMapping) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.role_collection_row_id == collection.row_id,
        table.c.origin == mapping.origin,
        table.c.attribute == mapping.attribute,
        table.c.value == mapping.value,
    )
