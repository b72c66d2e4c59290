"""The roles of a zone, and those that administrators make (I-G3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import delete, func, insert, select, update

from broker.authorization.collections.model import Role, RoleAttribute, RoleKey
from broker.ids import new_row_id
from broker.store.database.columns import json_text, readable_json
from broker.store.tables.core import client
from broker.store.tables.declared import (
    attribute,
    role,
    role_attribute,
    role_collection,
    role_collection_role,
    role_template,
    role_template_attribute,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from sqlalchemy import ColumnElement, Connection

    from broker.identity.zone import Zone

_ROLES = (
    select(
        role.c.id,
        role.c.name,
        role.c.is_default,
        role.c.description,
        role_template.c.name.label("template"),
        client.c.app_id,
    )
    .join(role_template, role_template.c.id == role.c.role_template_row_id)
    .join(client, client.c.id == role_template.c.client_row_id)
    .order_by(client.c.app_id, role_template.c.name, role.c.name)
)


class RoleTable:
    """Reads all roles; creates and deletes those of administrators."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, zone: Zone, key: RoleKey) -> Role | None:
        """Return the role of an application in the zone."""
        found = self._read(
            client.c.zone_row_id == zone.row_id,
            client.c.app_id == key.app_id,
            role_template.c.name == key.template,
            role.c.name == key.name,
        )
        return found[0] if found else None

    def all(self, zone: Zone) -> Sequence[Role]:
        """Return the zone's roles, ordered by application, template and name."""
        return self._read(client.c.zone_row_id == zone.row_id)

    def template_attributes(
        self, zone: Zone, app_id: str, template: str
    ) -> Mapping[str, bool] | None:
        """Return the template's attributes, each with whether a value is required.

        None if the zone has no such template.
        """
        rows = self._connection.execute(
            select(role_template.c.id, attribute.c.name, attribute.c.value_required)
            .join(client, client.c.id == role_template.c.client_row_id)
            .outerjoin(
                role_template_attribute,
                role_template_attribute.c.role_template_row_id == role_template.c.id,
            )
            .outerjoin(attribute, attribute.c.id == role_template_attribute.c.attribute_row_id)
            .where(*_template(zone, app_id, template))
            .order_by(attribute.c.name)
        ).all()
        return {row.name: row.value_required for row in rows if row.name} if rows else None

    def count(self, zone: Zone) -> int:
        """Return how many roles administrators made in the zone."""
        return self._connection.execute(
            select(func.count())
            .select_from(role)
            .join(role_template, role_template.c.id == role.c.role_template_row_id)
            .join(client, client.c.id == role_template.c.client_row_id)
            .where(client.c.zone_row_id == zone.row_id, ~role.c.is_default)
        ).scalar_one()

    def create(
        self,
        zone: Zone,
        key: RoleKey,
        description: str | None,
        attributes: Mapping[str, RoleAttribute],
    ) -> None:
        """Insert a role; its template exists."""
        template = self._connection.execute(
            select(role_template.c.id, role_template.c.client_row_id)
            .join(client, client.c.id == role_template.c.client_row_id)
            .where(*_template(zone, key.app_id, key.template))
        ).one()
        row_id = new_row_id()
        self._connection.execute(
            insert(role).values(
                id=row_id,
                role_template_row_id=template.id,
                name=key.name,
                is_default=False,
                description=description,
            )
        )
        self._add_values(row_id, template.client_row_id, attributes)

    def change(
        self, changed: Role, description: str | None, attributes: Mapping[str, RoleAttribute]
    ) -> None:
        """Replace the description and all values of the role."""
        itself = role.c.id == changed.row_id
        self._connection.execute(update(role).where(itself).values(description=description))
        self._connection.execute(
            delete(role_attribute).where(role_attribute.c.role_row_id == changed.row_id)
        )
        owner = (
            select(role_template.c.client_row_id)
            .join(role, role.c.role_template_row_id == role_template.c.id)
            .where(itself)
        )
        client_row_id = self._connection.execute(owner).scalar_one()
        self._add_values(changed.row_id, client_row_id, attributes)

    def delete(self, deleted: Role) -> Sequence[str]:
        """Delete the role; return the names of the collections that contained it."""
        names = (
            self._connection.execute(
                select(role_collection.c.name)
                .join(
                    role_collection_role,
                    role_collection_role.c.role_collection_row_id == role_collection.c.id,
                )
                .where(role_collection_role.c.role_row_id == deleted.row_id)
                .order_by(role_collection.c.name)
            )
            .scalars()
            .all()
        )
        self._connection.execute(delete(role).where(role.c.id == deleted.row_id))
        return names

    def _add_values(
        self, row_id: int, client_row_id: int, attributes: Mapping[str, RoleAttribute]
    ) -> None:
        of_application = self._connection.execute(
            select(attribute.c.id, attribute.c.name).where(
                attribute.c.client_row_id == client_row_id
            )
        )
        rows = [
            {
                "id": new_row_id(),
                "role_row_id": row_id,
                "attribute_row_id": row.id,
                "origin": attributes[row.name].origin,
                "attribute_values": json_text(attributes[row.name].values),
            }
            for row in of_application
            if row.name in attributes
        ]
        if rows:
            self._connection.execute(insert(role_attribute), rows)

    def _read(self, *conditions: ColumnElement[bool]) -> list[Role]:
        rows = self._connection.execute(_ROLES.where(*conditions)).all()
        values = self._connection.execute(
            select(
                role_attribute.c.role_row_id,
                role_attribute.c.origin,
                role_attribute.c.attribute_values,
                attribute.c.name,
            )
            .join(attribute, attribute.c.id == role_attribute.c.attribute_row_id)
            .join(role, role.c.id == role_attribute.c.role_row_id)
            .join(role_template, role_template.c.id == role.c.role_template_row_id)
            .join(client, client.c.id == role_template.c.client_row_id)
            .where(*conditions)
            .order_by(attribute.c.name)
        )
        attributes: dict[int, dict[str, RoleAttribute]] = {}
        for row in values:
            origin = cast("Literal['static', 'idp', 'unrestricted']", row.origin)
            attributes.setdefault(row.role_row_id, {})[row.name] = RoleAttribute(
                origin, _values(row.attribute_values)
            )
        return [
            Role(
                row.id,
                RoleKey(row.app_id, row.template, row.name),
                row.is_default,
                row.description,
                attributes.get(row.id, {}),
            )
            for row in rows
        ]


def _values(text: str) -> tuple[str, ...]:
    found: Any = readable_json(text)
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _template(zone: Zone, app_id: str, template: str) -> tuple[ColumnElement[bool], ...]:
    return (
        client.c.zone_row_id == zone.row_id,
        client.c.app_id == app_id,
        role_template.c.name == template,
    )
