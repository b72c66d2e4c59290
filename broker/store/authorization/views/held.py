"""The roles in role collections, own ones and those of other applications (I-158)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from broker.descriptor.declarations import Usage
from broker.descriptor.names import BUILT_IN_NAMES
from broker.store.tables.core import client
from broker.store.tables.declared import (
    application_reference,
    role,
    role_collection,
    role_collection_role,
    role_template,
)

if TYPE_CHECKING:
    from broker.identity.zone import Zone

TARGET = client.alias("target")
"""The application of the templates in ``referenced_roles``; of those in ``own_roles``: client."""


def _role_columns(application: Any) -> tuple[Any, ...]:
    return (
        role_collection.c.id.label("collection"),
        role.c.id.label("role"),
        application.c.app_id.label("app_id"),
        role_template.c.name.label("template"),
        role.c.name.label("name"),
        func.coalesce(role.c.description, role_template.c.description).label("description"),
    )


def own_roles(zone: Zone, ids: Any = None) -> Any:
    """Return the roles in collections of the zone; ``ids`` selects collections."""
    query = (
        select(*_role_columns(client))
        .select_from(role_collection)
        .join(
            role_collection_role,
            role_collection_role.c.role_collection_row_id == role_collection.c.id,
        )
        .join(role, role.c.id == role_collection_role.c.role_row_id)
        .join(role_template, role_template.c.id == role.c.role_template_row_id)
        .join(client, client.c.id == role_template.c.client_row_id)
    )
    return of_zone(query, zone, ids)


def referenced_roles(zone: Zone, ids: Any = None) -> Any:
    """Return the default roles of other applications' templates (I-158), as for tokens."""
    query = (
        select(*_role_columns(TARGET))
        .select_from(role_collection)
        .join(
            application_reference,
            and_(
                application_reference.c.client_row_id == role_collection.c.client_row_id,
                application_reference.c.usage == Usage.ROLE_TEMPLATE_REFERENCES,
                application_reference.c.holder == role_collection.c.name,
            ),
        )
        .join(TARGET, TARGET.c.id == application_reference.c.target_row_id)
        .join(
            role_template,
            and_(
                role_template.c.client_row_id == TARGET.c.id,
                role_template.c.name == application_reference.c.name,
            ),
        )
        .join(role, and_(role.c.role_template_row_id == role_template.c.id, role.c.is_default))
        .where(
            role_collection.c.is_read_only,
            TARGET.c.zone_row_id == zone.row_id,
            *(TARGET.c.app_id.not_like(f"{name}!%") for name in sorted(BUILT_IN_NAMES)),
        )
    )
    return of_zone(query, zone, ids)


def of_zone(query: Any, zone: Zone, ids: Any) -> Any:
    """Return the query restricted to collections of the zone and, unless None, these ids."""
    found = query.where(role_collection.c.zone_row_id == zone.row_id)
    return found if ids is None else found.where(role_collection.c.id.in_(ids))
