"""Lists of role collections: one statement for each part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, union

from broker.authorization.collections.model import CollectionMapping, RoleCollection, RoleKey
from broker.authorization.views.model import HeldRole, Member
from broker.store.authorization.views.held import own_roles, referenced_roles
from broker.store.database.engine import database_time
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.core import client
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from broker.authorization.views.model import Selection
    from broker.identity.zone import Zone

COLLECTIONS = (
    select(role_collection, client.c.app_id)
    .join(client, client.c.id == role_collection.c.client_row_id)
    .order_by(role_collection.c.name)
)
"""All role collections, each with the application id of its owner."""


class CollectionListTable:
    """Reads many collections of a zone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def selected(self, zone: Zone, selection: Selection) -> Sequence[RoleCollection]:
        """Return the selected collections by name."""
        rows = self._connection.execute(_selected(COLLECTIONS, zone, selection))
        return [collection_of(row) for row in rows]

    def roles(self, zone: Zone, selection: Selection) -> Mapping[int, Sequence[HeldRole]]:
        """Return their roles, sorted, with those of other applications' templates."""
        ids = _ids(zone, selection)
        found: dict[int, set[tuple[RoleKey, str | None]]] = {}
        for row in self._connection.execute(
            union(own_roles(zone, ids), referenced_roles(zone, ids))
        ):
            key = RoleKey(row.app_id, row.template, row.name)
            found.setdefault(row.collection, set()).add((key, row.description))
        return {
            collection: [HeldRole(*each) for each in sorted(held, key=lambda each: each[0])]
            for collection, held in found.items()
        }

    def members(
        self, zone: Zone, selection: Selection, limit: int
    ) -> Mapping[int, Sequence[Member]]:
        """Return at most so many users to whom they are assigned at present."""
        now = database_time(self._connection)
        query = (
            select(
                role_assignment.c.role_collection_row_id,
                shadow_user.c.user_id,
                shadow_user.c.origin,
                shadow_user.c.name,
                shadow_user.c.email,
                shadow_user.c.given_name,
                shadow_user.c.family_name,
            )
            .join(shadow_user, shadow_user.c.id == role_assignment.c.user_row_id)
            .where(
                role_assignment.c.role_collection_row_id.in_(_ids(zone, selection)),
                or_(role_assignment.c.expires_at.is_(None), role_assignment.c.expires_at > now),
            )
            .order_by(shadow_user.c.origin, shadow_user.c.folded_name)
            .limit(limit)
        )
        found: dict[int, list[Member]] = {}
        for collection, *values in self._connection.execute(query):
            found.setdefault(collection, []).append(Member(*values))
        return found

    def mappings(
        self, zone: Zone, selection: Selection
    ) -> Mapping[int, Sequence[CollectionMapping]]:
        """Return their mappings."""
        query = (
            select(role_mapping, role_collection.c.name.label("collection"))
            .join(role_collection, role_collection.c.id == role_mapping.c.role_collection_row_id)
            .where(role_mapping.c.role_collection_row_id.in_(_ids(zone, selection)))
            .order_by(role_mapping.c.origin, role_mapping.c.attribute, role_mapping.c.value)
        )
        found: dict[int, list[CollectionMapping]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.role_collection_row_id, []).append(
                CollectionMapping(
                    row.collection, row.origin, row.attribute, row.value, row.operator
                )
            )
        return found

    def with_role(self, zone: Zone, key: RoleKey) -> Sequence[RoleCollection]:
        """Return the collections that contain the role, by name."""
        held = union(own_roles(zone), referenced_roles(zone)).subquery()
        containing = select(held.c.collection).where(
            held.c.app_id == key.app_id, held.c.template == key.template, held.c.name == key.name
        )
        rows = self._connection.execute(
            COLLECTIONS.where(
                role_collection.c.zone_row_id == zone.row_id, role_collection.c.id.in_(containing)
            )
        )
        return [collection_of(row) for row in rows]


def _selected(query: Any, zone: Zone, selection: Selection) -> Any:
    found = query.where(role_collection.c.zone_row_id == zone.row_id)
    if selection.name is not None:
        found = found.where(role_collection.c.name == selection.name)
    if selection.row_id is not None:
        found = found.where(role_collection.c.id == selection.row_id)
    if selection.is_read_only is not None:
        found = found.where(role_collection.c.is_read_only.is_(selection.is_read_only))
    if selection.limit is not None:
        found = found.limit(selection.limit)
    return found.offset(selection.skip) if selection.skip else found


def _ids(zone: Zone, selection: Selection) -> Any:
    ordered = select(role_collection.c.id).order_by(role_collection.c.name)
    # A page in a subquery of its own: PostgreSQL would accept it as it is, SQLite would not.
    page = _selected(ordered, zone, selection).subquery()
    return select(page.c.id)


def collection_of(row: Row[*tuple[Any, ...]]) -> RoleCollection:
    """Return the collection in a row of ``COLLECTIONS``."""
    return RoleCollection(
        row.id, row.zone_row_id, row.name, row.description, row.is_read_only, row.app_id
    )
