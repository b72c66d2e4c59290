"""Attributes, role templates, default roles and role collections in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from broker.descriptor.changes import ProtectedAttribute, Protections
from broker.ids import new_row_id
from broker.store.authorization.replacing import Replacing, many
from broker.store.database.columns import from_json_text, json_text
from broker.store.tables.declared import (
    attribute,
    role,
    role_template,
    role_template_attribute,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Row

    from broker.authorization.roles import (
        DeclaredAttribute,
        DeclaredRoles,
        DeclaredTemplate,
    )
    from broker.identity.client import Client
    from broker.store.authorization.collections.declared import DeclaredCollections


class RoleTables:
    """Stores declared roles; an entry keeps its row as long as its name is declared."""

    def __init__(self, connection: Connection, collections: DeclaredCollections) -> None:
        """``collections`` stores the role collections."""
        self._connection = connection
        self._collections = collections

    def replace(self, client: Client, declared: DeclaredRoles, *, is_new: bool = False) -> None:
        """Replace the client's declarations; entries with an unchanged name keep their rows.

        Those no longer declared are deleted, except collections in use. ``is_new``: the client has
        none yet, and nothing is read.
        """
        replacing = Replacing(self._connection, is_new)
        attributes = self._attributes(replacing, client, declared.attributes)
        templates = self._templates(replacing, client, declared.templates, attributes)
        roles = self._default_roles(declared.templates, templates, is_new=is_new)
        self._collections.replace(client, declared.collections, roles, is_new=is_new)

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

    def custom_roles(self, client: Client) -> set[tuple[str, str]]:
        """Return template and name of each role that administrators made of the client's."""
        rows = self._connection.execute(
            select(role_template.c.name.label("template"), role.c.name)
            .join(role_template, role_template.c.id == role.c.role_template_row_id)
            .where(role_template.c.client_row_id == client.row_id, ~role.c.is_default)
        )
        return {(row.template, row.name) for row in rows}

    @staticmethod
    def _attributes(
        replacing: Replacing, client: Client, declared: Collection[DeclaredAttribute]
    ) -> dict[str, int]:
        """Return the attributes' row ids by name."""
        return replacing.by_name(
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

    @staticmethod
    def _templates(
        replacing: Replacing,
        client: Client,
        declared: Collection[DeclaredTemplate],
        attributes: Mapping[str, int],
    ) -> dict[str, int]:
        """Return the templates' row ids by name."""
        templates = replacing.by_name(
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
        replacing.pairs(
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
        self,
        declared: Collection[DeclaredTemplate],
        templates: Mapping[str, int],
        *,
        is_new: bool,
    ) -> dict[str, int]:
        """Return the row id of each template's default role by the template's name."""
        if not templates:
            return {}
        desired = {
            templates[part.name]: part.default_role
            for part in declared
            if part.default_role is not None
        }
        known = {} if is_new else self._stored_default_roles(templates.values())
        many(
            self._connection,
            delete(role).where(role.c.id == bindparam("row")),
            [{"row": row.id} for template, row in known.items() if template not in desired],
        )
        many(
            self._connection,
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
        many(
            self._connection,
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

    def _stored_default_roles(self, templates: Collection[int]) -> dict[int, Row[Any]]:
        """Return the default roles by the row ids of their templates."""
        of_templates = role.c.role_template_row_id.in_(templates)
        rows = self._connection.execute(select(role).where(of_templates, role.c.is_default))
        return {row.role_template_row_id: row for row in rows}
