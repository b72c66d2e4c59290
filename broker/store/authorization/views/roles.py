"""Lists of roles and role templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select, union

from broker.authorization.collections.model import Role, RoleAttribute, RoleKey
from broker.authorization.views.model import RoleSelection, TemplateAttribute, TemplateView
from broker.descriptor.declarations import Usage
from broker.store.authorization.views.held import of_zone, own_roles, referenced_roles
from broker.store.database.columns import from_json_text, readable_json
from broker.store.tables.core import client
from broker.store.tables.declared import (
    application_reference,
    attribute,
    role,
    role_attribute,
    role_collection,
    role_template,
    role_template_attribute,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from sqlalchemy import Connection

    from broker.identity.zone import Zone

_OWN = "$XSAPPNAME."
_target = client.alias("target")


class RoleListTable:
    """Reads many roles and templates of a zone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def has_application(self, zone: Zone, app_id: str) -> bool:
        """Return whether the zone has this application."""
        query = select(client.c.id).where(
            client.c.zone_row_id == zone.row_id, client.c.app_id == app_id
        )
        return self._connection.execute(query).first() is not None

    def templates(self, zone: Zone, selection: RoleSelection) -> Sequence[TemplateView]:
        """Return the selected templates by application and name; three statements."""
        columns = role_template.c
        rows = self._connection.execute(
            _selected(
                select(
                    columns.id,
                    columns.name,
                    columns.description,
                    columns.scopes,
                    client.c.app_id,
                    role.c.name.label("default_role"),
                )
                .select_from(role_template)
                .join(client, client.c.id == columns.client_row_id)
                .outerjoin(role, (role.c.role_template_row_id == columns.id) & role.c.is_default),
                zone,
                selection,
            ).order_by(client.c.app_id, columns.name)
        ).all()
        attributes = self._attributes(zone, selection)
        foreign = self._foreign_scopes(zone, selection)
        return [
            TemplateView(
                row.id,
                row.app_id,
                row.name,
                row.description,
                (*_own_scopes(row.app_id, row.scopes), *foreign.get(row.id, ())),
                tuple(attributes.get(row.id, ())),
                row.default_role,
            )
            for row in rows
        ]

    def roles(self, zone: Zone, selection: RoleSelection) -> Sequence[Role]:
        """Return the selected roles by application, template and name; two statements."""
        rows = self._connection.execute(
            self._selected_roles(
                select(
                    role.c.id,
                    role.c.name,
                    role.c.is_default,
                    role.c.description,
                    role_template.c.name.label("template"),
                    client.c.app_id,
                ).select_from(role),
                zone,
                selection,
            ).order_by(client.c.app_id, role_template.c.name, role.c.name)
        ).all()
        values = self._connection.execute(
            self._selected_roles(
                select(
                    role_attribute.c.role_row_id,
                    role_attribute.c.origin,
                    role_attribute.c.attribute_values,
                    attribute.c.name,
                )
                .select_from(role)
                .join(role_attribute, role_attribute.c.role_row_id == role.c.id)
                .join(attribute, attribute.c.id == role_attribute.c.attribute_row_id),
                zone,
                selection,
            )
        )
        attributes: dict[int, dict[str, RoleAttribute]] = {}
        for row in values:
            origin = cast("Literal['static', 'idp', 'unrestricted']", row.origin)
            given = RoleAttribute(origin, _texts(row.attribute_values))
            attributes.setdefault(row.role_row_id, {})[row.name] = given
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

    def collections_of_roles(
        self, zone: Zone, selection: RoleSelection
    ) -> Mapping[RoleKey, Sequence[tuple[str, str | None]]]:
        """Return names and descriptions of the collections that contain the selected roles."""
        held = union(own_roles(zone), referenced_roles(zone)).subquery()
        query = (
            select(
                held.c.app_id,
                held.c.template,
                held.c.name,
                role_collection.c.name.label("collection"),
                role_collection.c.description,
            )
            .join(role_collection, role_collection.c.id == held.c.collection)
            .order_by(role_collection.c.name)
        )
        given = (("app_id", "app_id"), ("template", "template"), ("name", "name"))
        for column, field in given:
            if (value := getattr(selection, field)) is not None:
                query = query.where(held.c[column] == value)
        found: dict[RoleKey, list[tuple[str, str | None]]] = {}
        for row in self._connection.execute(query):
            key = RoleKey(row.app_id, row.template, row.name)
            found.setdefault(key, []).append((row.collection, row.description))
        return found

    def _attributes(
        self, zone: Zone, selection: RoleSelection
    ) -> Mapping[int, Sequence[TemplateAttribute]]:
        rows = self._connection.execute(
            _selected(
                select(
                    role_template_attribute.c.role_template_row_id,
                    role_template_attribute.c.default_values,
                    attribute.c.name,
                    attribute.c.description,
                    attribute.c.value_type,
                    attribute.c.value_required,
                )
                .select_from(role_template_attribute)
                .join(attribute, attribute.c.id == role_template_attribute.c.attribute_row_id)
                .join(
                    role_template,
                    role_template.c.id == role_template_attribute.c.role_template_row_id,
                )
                .join(client, client.c.id == role_template.c.client_row_id),
                zone,
                selection,
            ).order_by(attribute.c.name)
        )
        found: dict[int, list[TemplateAttribute]] = {}
        for row in rows:
            found.setdefault(row.role_template_row_id, []).append(
                TemplateAttribute(
                    row.name,
                    row.description,
                    row.value_type,
                    row.value_required,
                    _texts(row.default_values),
                )
            )
        return found

    def _foreign_scopes(self, zone: Zone, selection: RoleSelection) -> Mapping[int, Sequence[str]]:
        rows = self._connection.execute(
            _selected(
                select(role_template.c.id, _target.c.app_id, application_reference.c.name)
                .select_from(role_template)
                .join(client, client.c.id == role_template.c.client_row_id)
                .join(
                    application_reference,
                    (application_reference.c.client_row_id == client.c.id)
                    & (application_reference.c.usage == Usage.SCOPE_REFERENCES)
                    & (application_reference.c.holder == role_template.c.name),
                )
                .join(_target, _target.c.id == application_reference.c.target_row_id),
                zone,
                selection,
            ).order_by(_target.c.app_id, application_reference.c.name)
        )
        found: dict[int, list[str]] = {}
        for template, app_id, name in rows:
            found.setdefault(template, []).append(f"{app_id}.{name}")
        return found

    def _selected_roles(self, query: Any, zone: Zone, selection: RoleSelection) -> Any:
        joined = query.join(role_template, role_template.c.id == role.c.role_template_row_id).join(
            client, client.c.id == role_template.c.client_row_id
        )
        found = _selected(joined, zone, selection)
        if selection.name is not None:
            found = found.where(role.c.name == selection.name)
        if selection.collection is None:
            return found
        named = select(role_collection.c.id).where(role_collection.c.name == selection.collection)
        held = union(
            of_zone(own_roles(zone), zone, named), of_zone(referenced_roles(zone), zone, named)
        ).subquery()
        return found.where(role.c.id.in_(select(held.c.role)))


def _selected(query: Any, zone: Zone, selection: RoleSelection) -> Any:
    found = query.where(client.c.zone_row_id == zone.row_id)
    if selection.app_id is not None:
        found = found.where(client.c.app_id == selection.app_id)
    if selection.template is not None:
        found = found.where(role_template.c.name == selection.template)
    return found


def _own_scopes(app_id: str, text: str) -> list[str]:
    return [
        f"{app_id}.{each.removeprefix(_OWN)}" if each.startswith(_OWN) else each
        for each in from_json_text(text)
    ]


def _texts(text: str) -> tuple[str, ...]:
    found: Any = readable_json(text)
    return tuple(map(str, found)) if isinstance(found, list) else ()
