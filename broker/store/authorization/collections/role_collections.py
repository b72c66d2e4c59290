"""All role collections of a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, or_, select, update

from broker.authorization.collections.built_in import built_in_application
from broker.authorization.collections.model import RoleCollection, RoleKey, Use
from broker.authorization.collections.names import folded_name
from broker.authorization.reference import Reference
from broker.descriptor.declarations import Usage
from broker.ids import new_row_id
from broker.store.authorization.collections.declared import end_use, hold_names
from broker.store.tables.core import client
from broker.store.tables.declared import (
    application_reference,
    role,
    role_collection,
    role_collection_role,
    role_template,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from broker.authorization.collections.model import Role
    from broker.identity.zone import Zone

WITH_OWNER = select(role_collection, client.c.app_id).join(
    client, client.c.id == role_collection.c.client_row_id
)
"""Role collections with their owners; for ``collection_of``."""


class CollectionTable:
    """Reads role collections; creates and changes those made by administrators."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, zone: Zone, name: str) -> RoleCollection | None:
        """Return the zone's collection with exactly this name."""
        row = self._connection.execute(
            WITH_OWNER.where(
                role_collection.c.zone_row_id == zone.row_id, role_collection.c.name == name
            )
        ).one_or_none()
        return None if row is None else collection_of(row)

    def all(self, zone: Zone) -> Sequence[RoleCollection]:
        """Return the zone's collections by name."""
        rows = self._connection.execute(
            WITH_OWNER.where(role_collection.c.zone_row_id == zone.row_id).order_by(
                role_collection.c.name
            )
        )
        return [collection_of(row) for row in rows]

    def count(self, zone: Zone) -> int:
        """Return the number of the zone's collections."""
        query = select(func.count()).where(role_collection.c.zone_row_id == zone.row_id)
        return self._connection.execute(query).scalar_one()

    def find_similar(self, zone: Zone, name: str) -> str | None:
        """Return the name of a collection that equals this one but for case and form (I-162)."""
        form = folded_name(name)
        found = self._connection.execute(
            select(role_collection.c.name).where(
                role_collection.c.zone_row_id == zone.row_id,
                or_(role_collection.c.folded_name == form, role_collection.c.folded_name.is_(None)),
            )
        ).scalars()
        return next((each for each in found if folded_name(each) == form), None)

    def create(self, zone: Zone, name: str, description: str | None) -> RoleCollection:
        """Insert a collection of the zone's built-in application, which exists."""
        app_id = built_in_application(zone).app_id
        owner = self._connection.execute(
            select(client.c.id).where(client.c.app_id == app_id)
        ).scalar_one()
        row_id = new_row_id()
        self._connection.execute(
            insert(role_collection).values(
                id=row_id,
                zone_row_id=zone.row_id,
                client_row_id=owner,
                name=name,
                description=description,
                is_read_only=False,
                folded_name=folded_name(name),
            )
        )
        return RoleCollection(
            row_id, zone.row_id, name, description, is_read_only=False, app_id=app_id
        )

    def describe(self, collection: RoleCollection, description: str | None) -> None:
        """Change the description."""
        self._connection.execute(
            update(role_collection)
            .where(role_collection.c.id == collection.row_id)
            .values(description=description)
        )

    def delete(self, collection: RoleCollection) -> Use:
        """Delete the collection with its assignments and mappings; return their numbers."""
        itself = role_collection.c.id == collection.row_id
        ended = end_use(
            self._connection, select(role_collection.c.id).where(itself).scalar_subquery()
        )
        self._connection.execute(delete(role_collection).where(itself))
        return ended

    def roles(self, collection: RoleCollection) -> Sequence[RoleKey]:
        """Return the roles in the collection, without references to other applications."""
        rows = self._connection.execute(
            select(client.c.app_id, role_template.c.name.label("template"), role.c.name)
            .join(role_template, role_template.c.client_row_id == client.c.id)
            .join(role, role.c.role_template_row_id == role_template.c.id)
            .join(role_collection_role, role_collection_role.c.role_row_id == role.c.id)
            .where(role_collection_role.c.role_collection_row_id == collection.row_id)
        )
        return sorted(RoleKey(row.app_id, row.template, row.name) for row in rows)

    def references(self, collection: RoleCollection) -> Sequence[tuple[Reference, str | None]]:
        """Return the templates of other applications that the descriptor puts into the collection.

        Each with the id of its application, None while it waits for one.
        """
        target = client.alias("target")
        rows = self._connection.execute(
            select(application_reference, target.c.app_id.label("target_app_id"))
            .join(
                role_collection,
                (role_collection.c.client_row_id == application_reference.c.client_row_id)
                & (role_collection.c.name == application_reference.c.holder),
            )
            .outerjoin(target, target.c.id == application_reference.c.target_row_id)
            .where(
                role_collection.c.id == collection.row_id,
                role_collection.c.is_read_only,
                application_reference.c.usage == Usage.ROLE_TEMPLATE_REFERENCES,
            )
            .order_by(application_reference.c.app_id, application_reference.c.name)
        )
        return [
            (
                Reference(Usage(row.usage), row.holder, row.app_id, row.service_instance, row.name),
                row.target_app_id,
            )
            for row in rows
        ]

    def has_built_in_role(self, collection: RoleCollection, app_id: str) -> bool:
        """Return whether the collection contains a role of this built-in application."""
        return any(each.app_id == app_id for each in self.roles(collection))

    def add_role(self, collection: RoleCollection, added: Role) -> bool:
        """Put the role into the collection; return whether it was not in it."""
        pair = (
            role_collection_role.c.role_collection_row_id == collection.row_id,
            role_collection_role.c.role_row_id == added.row_id,
        )
        if self._connection.execute(select(role_collection_role.c.id).where(*pair)).first():
            return False
        self._connection.execute(
            insert(role_collection_role).values(
                id=new_row_id(), role_collection_row_id=collection.row_id, role_row_id=added.row_id
            )
        )
        hold_names(self._connection, collection.row_id)
        return True

    def remove_role(self, collection: RoleCollection, removed: Role) -> bool:
        """Take the role out of the collection; return whether it was in it."""
        return (
            self._connection.execute(
                delete(role_collection_role).where(
                    role_collection_role.c.role_collection_row_id == collection.row_id,
                    role_collection_role.c.role_row_id == removed.row_id,
                )
            ).rowcount
            > 0
        )


def collection_of(row: Row[*tuple[Any, ...]]) -> RoleCollection:
    """Return the collection in a row of ``WITH_OWNER``."""
    return RoleCollection(
        row.id, row.zone_row_id, row.name, row.description, row.is_read_only, row.app_id
    )
