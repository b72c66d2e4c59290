"""Attributes, role templates, default roles and role collections in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from broker.descriptor.changes import ProtectedAttribute, Protections
from broker.ids import new_row_id
from broker.store.database.columns import from_json_text, json_text
from broker.store.tables.declared import (
    attribute,
    role,
    role_collection,
    role_collection_role,
    role_template,
    role_template_attribute,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection, Table

    from broker.authorization.roles import (
        DeclaredAttribute,
        DeclaredCollection,
        DeclaredRoles,
        DeclaredTemplate,
    )
    from broker.identity.client import Client


class RoleTables:
    """Stores declared roles; an entry keeps its row as long as its name is declared."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, client: Client, declared: DeclaredRoles) -> None:
        """Replace the client's declarations; entries with an unchanged name keep their rows.

        Roles and collections that are no longer declared are deleted with their assignments.
        """
        attributes = self._attributes(client, declared.attributes)
        templates = self._templates(client, declared.templates, attributes)
        roles = self._default_roles(declared.templates, templates)
        self._collections(client, declared.collections, roles)

    def protections(self, client: Client) -> Protections:
        """Return the client's declared attributes and templates, as they restrict an update."""
        attributes = self._connection.execute(
            select(attribute.c.name, attribute.c.value_type, attribute.c.value_required).where(
                attribute.c.client_row_id == client.row_id
            )
        )
        references = self._connection.execute(
            select(
                role_template.c.name,
                attribute.c.name.label("attribute"),
                role_template_attribute.c.default_values,
            )
            .outerjoin(
                role_template_attribute,
                role_template_attribute.c.role_template_row_id == role_template.c.id,
            )
            .outerjoin(attribute, attribute.c.id == role_template_attribute.c.attribute_row_id)
            .where(role_template.c.client_row_id == client.row_id)
        )
        templates: dict[str, dict[str, tuple[str, ...]]] = {}
        for row in references:
            known = templates.setdefault(row.name, {})
            if row.attribute is not None:
                known[row.attribute] = tuple(from_json_text(row.default_values))
        return Protections(
            {
                row.name: ProtectedAttribute(row.value_type, row.value_required)
                for row in attributes
            },
            templates,
        )

    def collections_of_others(self, client: Client, names: Collection[str]) -> set[str]:
        """Return those of the names that role collections of other clients in the zone have."""
        return set(
            self._connection.execute(
                select(role_collection.c.name).where(
                    role_collection.c.zone_row_id == client.zone.row_id,
                    # A newer version may write collections without an owning client.
                    role_collection.c.client_row_id.is_distinct_from(client.row_id),
                    role_collection.c.name.in_(names),
                )
            ).scalars()
        )

    def _attributes(
        self, client: Client, declared: Collection[DeclaredAttribute]
    ) -> dict[str, int]:
        """Return the attributes' row ids by name."""
        return self._replace_by_name(
            attribute,
            attribute.c.client_row_id == client.row_id,
            {
                part.name: {
                    "client_row_id": client.row_id,
                    "description": part.description,
                    "value_type": part.value_type,
                    "value_required": part.value_required,
                }
                for part in declared
            },
        )

    def _templates(
        self,
        client: Client,
        declared: Collection[DeclaredTemplate],
        attributes: Mapping[str, int],
    ) -> dict[str, int]:
        """Return the templates' row ids by name."""
        templates = self._replace_by_name(
            role_template,
            role_template.c.client_row_id == client.row_id,
            {
                part.name: {
                    "client_row_id": client.row_id,
                    "description": part.description,
                    "scopes": json_text(part.scopes),
                }
                for part in declared
            },
        )
        self._replace_pairs(
            role_template_attribute,
            "role_template_row_id",
            templates.values(),
            {
                (templates[part.name], attributes[restriction.attribute]): {
                    "default_values": json_text(restriction.default_values)
                }
                for part in declared
                for restriction in part.restrictions
            },
        )
        return templates

    def _default_roles(
        self, declared: Collection[DeclaredTemplate], templates: Mapping[str, int]
    ) -> dict[str, int]:
        """Return the row id of each template's default role by the template's name."""
        desired = {
            templates[part.name]: part.default_role
            for part in declared
            if part.default_role is not None
        }
        of_templates = role.c.role_template_row_id.in_(templates.values())
        rows = self._connection.execute(select(role).where(of_templates, role.c.is_default))
        known = {row.role_template_row_id: row for row in rows}
        self._many(
            delete(role).where(role.c.id == bindparam("row")),
            [{"row": row.id} for template, row in known.items() if template not in desired],
        )
        self._many(
            update(role).where(role.c.id == bindparam("row")).values(name=bindparam("new_name")),
            [
                {"row": row.id, "new_name": desired[template]}
                for template, row in known.items()
                if template in desired and desired[template] != row.name
            ],
        )
        ids = {
            template: known[template].id if template in known else new_row_id()
            for template in desired
        }
        self._many(
            insert(role),
            [
                {
                    "id": ids[template],
                    "role_template_row_id": template,
                    "name": name,
                    "is_default": True,
                }
                for template, name in desired.items()
                if template not in known
            ],
        )
        return {name: ids[template] for name, template in templates.items() if template in ids}

    def _collections(
        self,
        client: Client,
        declared: Collection[DeclaredCollection],
        roles: Mapping[str, int],
    ) -> None:
        collections = self._replace_by_name(
            role_collection,
            role_collection.c.client_row_id == client.row_id,
            {
                part.name: {
                    "client_row_id": client.row_id,
                    "zone_row_id": client.zone.row_id,
                    "description": part.description,
                }
                for part in declared
            },
        )
        self._replace_pairs(
            role_collection_role,
            "role_collection_row_id",
            collections.values(),
            {
                (collections[part.name], roles[template]): {}
                for part in declared
                for template in part.templates
            },
        )

    def _replace_by_name(
        self, table: Table, of_owner: ColumnElement[bool], desired: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, int]:
        """Replace the owner's rows by ``desired`` (name → columns); return name → row id."""
        rows = self._connection.execute(select(table).where(of_owner)).mappings()
        known = {row["name"]: row for row in rows}
        self._many(
            delete(table).where(table.c.id == bindparam("row")),
            [{"row": row["id"]} for name, row in known.items() if name not in desired],
        )
        ids = {name: known[name]["id"] if name in known else new_row_id() for name in desired}
        self._many(
            insert(table),
            [
                {"id": ids[name], "name": name, **values}
                for name, values in desired.items()
                if name not in known
            ],
        )
        for name, values in desired.items():
            if name in known and not values.items() <= known[name].items():
                self._connection.execute(
                    update(table).where(table.c.id == ids[name]).values(**values)
                )
        return ids

    def _replace_pairs(
        self,
        table: Table,
        owner: str,
        owners: Iterable[int],
        desired: Mapping[tuple[int, int], Mapping[str, Any]],
    ) -> None:
        """Replace the owners' pairs by ``desired`` ((owner, other) → columns)."""
        [other] = [
            column.name for column in table.c if column.foreign_keys and column.name != owner
        ]
        of_owners = table.c[owner].in_(list(owners))
        rows = self._connection.execute(select(table).where(of_owners)).mappings()
        known = {(row[owner], row[other]): row for row in rows}
        kept = {
            pair
            for pair, row in known.items()
            if pair in desired and desired[pair].items() <= row.items()
        }
        self._many(
            delete(table).where(table.c.id == bindparam("row")),
            [{"row": row["id"]} for pair, row in known.items() if pair not in kept],
        )
        self._many(
            insert(table),
            [
                {"id": new_row_id(), owner: pair[0], other: pair[1], **values}
                for pair, values in desired.items()
                if pair not in kept
            ],
        )

    def _many(self, statement: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)
