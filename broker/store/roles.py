"""Attributes, role templates, default roles and role collections in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from broker.descriptor.consistency import has_default_role
from broker.descriptor.references import OwnScope, PlatformScope, parse_scope
from broker.ids import new_row_id
from broker.store.database.columns import json_text
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

    from broker.descriptor.model import Descriptor, RoleTemplate
    from broker.identity.client import Client

_OWN = "$XSAPPNAME."


class RoleTables:
    """Keeps what a descriptor says about roles; rows live as long as their names."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the connection's transaction."""
        self._connection = connection

    def replace(self, client: Client, descriptor: Descriptor) -> None:
        """Bring all to what the descriptor says; what keeps its name keeps its row.

        Roles and collections of a name that is gone go with everything assigned to them.
        """
        attributes = self._by_name(
            attribute,
            attribute.c.client_row_id == client.row_id,
            {
                part.name: {
                    "client_row_id": client.row_id,
                    "description": part.description,
                    "value_type": part.value_type,
                    "value_required": part.value_required,
                }
                for part in descriptor.attributes
            },
        )
        templates = self._by_name(
            role_template,
            role_template.c.client_row_id == client.row_id,
            {
                part.name: {
                    "client_row_id": client.row_id,
                    "description": part.description,
                    "scopes": json_text(_scopes_without_foreign(part)),
                }
                for part in descriptor.role_templates
            },
        )
        self._pairs(
            role_template_attribute,
            "role_template_row_id",
            templates.values(),
            {
                (templates[part.name], attributes[reference.name]): {
                    "default_values": json_text(reference.default_values)
                }
                for part in descriptor.role_templates
                for reference in part.attribute_references
            },
        )
        roles = self._default_roles(descriptor, templates)
        collections = self._by_name(
            role_collection,
            role_collection.c.client_row_id == client.row_id,
            {
                part.name: {
                    "client_row_id": client.row_id,
                    "zone_row_id": client.zone.row_id,
                    "description": part.description,
                }
                for part in descriptor.role_collections
            },
        )
        self._pairs(
            role_collection_role,
            "role_collection_row_id",
            collections.values(),
            {
                (collections[part.name], roles[name]): {}
                for part in descriptor.role_collections
                for text in part.role_template_references
                if (name := text.removeprefix(_OWN)) in roles
            },
        )

    def collections_of_others(self, client: Client, names: Collection[str]) -> set[str]:
        """Return which names other applications' role collections in the zone have."""
        return set(
            self._connection.execute(
                select(role_collection.c.name).where(
                    role_collection.c.zone_row_id == client.zone.row_id,
                    role_collection.c.client_row_id != client.row_id,
                    role_collection.c.name.in_(names),
                )
            ).scalars()
        )

    def _default_roles(
        self, descriptor: Descriptor, templates: Mapping[str, int]
    ) -> dict[str, int]:
        """Return the default role of each template that has one, by the template's name."""
        known = {
            row.role_template_row_id: row
            for row in self._connection.execute(
                select(role).where(
                    role.c.role_template_row_id.in_(templates.values()), role.c.is_default
                )
            )
        }
        roles: dict[str, int] = {}
        new, renamed, gone = [], [], []
        for part in descriptor.role_templates:
            template, name = templates[part.name], part.default_role_name or part.name
            existing = known.get(template)
            if not has_default_role(descriptor, part):
                gone += [{"row": existing.id}] if existing else []
                continue
            roles[part.name] = existing.id if existing else new_row_id()
            if existing is None:
                new.append(
                    {
                        "id": roles[part.name],
                        "role_template_row_id": template,
                        "name": name,
                        "is_default": True,
                    }
                )
            elif existing.name != name:
                renamed.append({"row": existing.id, "new_name": name})
        self._many(delete(role).where(role.c.id == bindparam("row")), gone)
        self._many(
            update(role).where(role.c.id == bindparam("row")).values(name=bindparam("new_name")),
            renamed,
        )
        self._many(insert(role), new)
        return roles

    def _by_name(
        self, table: Table, of_owner: ColumnElement[bool], wanted: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, int]:
        """Bring the owner's rows to ``wanted`` (name → columns); return name → row id."""
        rows = self._connection.execute(select(table).where(of_owner)).mappings()
        known = {row["name"]: row for row in rows}
        self._many(
            delete(table).where(table.c.id == bindparam("row")),
            [{"row": row["id"]} for name, row in known.items() if name not in wanted],
        )
        ids = {name: known[name]["id"] if name in known else new_row_id() for name in wanted}
        self._many(
            insert(table),
            [
                {"id": ids[name], "name": name, **values}
                for name, values in wanted.items()
                if name not in known
            ],
        )
        for name, values in wanted.items():
            if name in known and not values.items() <= known[name].items():
                self._connection.execute(
                    update(table).where(table.c.id == ids[name]).values(**values)
                )
        return ids

    def _pairs(
        self,
        table: Table,
        owner: str,
        owners: Iterable[int],
        wanted: Mapping[tuple[int, int], Mapping[str, Any]],
    ) -> None:
        """Bring the pairs of the owners to ``wanted`` ((owner, other) → columns)."""
        [other] = [
            column.name for column in table.c if column.foreign_keys and column.name != owner
        ]
        of_owners = table.c[owner].in_(list(owners))
        rows = self._connection.execute(select(table).where(of_owners)).mappings()
        known = {(row[owner], row[other]): row for row in rows}
        kept = {
            pair
            for pair, row in known.items()
            if pair in wanted and wanted[pair].items() <= row.items()
        }
        self._many(
            delete(table).where(table.c.id == bindparam("row")),
            [{"row": row["id"]} for pair, row in known.items() if pair not in kept],
        )
        self._many(
            insert(table),
            [
                {"id": new_row_id(), owner: pair[0], other: pair[1], **values}
                for pair, values in wanted.items()
                if pair not in kept
            ],
        )

    def _many(self, statement: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)


def _scopes_without_foreign(template: RoleTemplate) -> list[str]:
    return [
        text
        for text in template.scope_references
        if isinstance(parse_scope(text), OwnScope | PlatformScope)
    ]
