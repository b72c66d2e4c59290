"""The overview of role collections, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, or_, select, union, union_all

from broker.authorization.collections.model import RoleKey
from broker.authorization.collections.names import folded_name
from broker.authorization.views.model import HeldRole
from broker.authorization.views.overview import Assignee, CollectionSummary
from broker.store.authorization.views.collections import COLLECTIONS, collection_of
from broker.store.authorization.views.held import own_roles, referenced_roles
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.collation import ascii_lower
from broker.store.tables.core import client
from broker.store.tables.declared import role, role_collection, role_template
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from broker.authorization.collections.model import RoleCollection
    from broker.authorization.views.overview import CollectionQuery
    from broker.identity.zone import Zone


class CollectionOverviewTable:
    """Reads overviews within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, zone: Zone, query: CollectionQuery) -> Sequence[CollectionSummary]:
        """Return the selected collections with the numbers of their parts."""
        users, roles = _users(query.now), _roles(zone, query.name)
        selected = COLLECTIONS.order_by(None).where(role_collection.c.zone_row_id == zone.row_id)
        if query.text:
            text = folded_name(query.text)
            name = func.coalesce(role_collection.c.folded_name, role_collection.c.name)
            selected = selected.where(name.contains(text, autoescape=True))
        if query.name is not None:
            selected = selected.where(role_collection.c.name == query.name)
        if query.is_read_only is not None:
            selected = selected.where(role_collection.c.is_read_only.is_(query.is_read_only))
        column: Any = users if query.order == "users" else role_collection.c.name
        order = column.desc() if query.is_descending else column
        selected = selected.add_columns(
            func.coalesce(roles.c.number, 0).label("roles"),
            users.label("users"),
            _MAPPINGS.label("mappings"),
        ).outerjoin(roles, roles.c.collection == role_collection.c.id)
        rows = self._connection.execute(
            selected.order_by(order, role_collection.c.id).offset(query.skip).limit(query.limit)
        )
        return [
            CollectionSummary(collection_of(row), row.roles, row.users, row.mappings)
            for row in rows
        ]

    def roles(self, zone: Zone, text: str, limit: int) -> Sequence[HeldRole]:
        """Return roles whose name, template or application contains the text, in this order."""
        columns = role.c.name, role_template.c.name, client.c.app_id
        query = (
            select(
                client.c.app_id,
                role_template.c.name.label("template"),
                role.c.name,
                func.coalesce(role.c.description, role_template.c.description).label("description"),
            )
            .select_from(role)
            .join(role_template, role_template.c.id == role.c.role_template_row_id)
            .join(client, client.c.id == role_template.c.client_row_id)
            .where(client.c.zone_row_id == zone.row_id)
        )
        if text:
            query = query.where(
                or_(*(ascii_lower(each).contains(text, autoescape=True) for each in columns))
            )
        rows = self._connection.execute(query.order_by(*columns).limit(limit))
        return [
            HeldRole(RoleKey(row.app_id, row.template, row.name), row.description) for row in rows
        ]

    def assignees(self, collection: RoleCollection, *, skip: int, limit: int) -> Sequence[Assignee]:
        """Return the users of the collection by origin and name, expired assignments included."""
        query = (
            select(
                shadow_user.c.user_id,
                shadow_user.c.origin,
                shadow_user.c.name,
                shadow_user.c.email,
                role_assignment.c.created_by,
                role_assignment.c.created_at,
                role_assignment.c.expires_at,
            )
            .join(shadow_user, shadow_user.c.id == role_assignment.c.user_row_id)
            .where(role_assignment.c.role_collection_row_id == collection.row_id)
            .order_by(shadow_user.c.origin, shadow_user.c.folded_name)
        )
        rows = self._connection.execute(query.offset(skip).limit(limit))
        return [Assignee(*row) for row in rows]

    def numbers_of_origins(self, zone: Zone) -> Mapping[str, tuple[int, int]]:
        """Return the numbers of users and mappings by origin; none of an origin without both."""
        users = (
            select(shadow_user.c.origin, func.count().label("users"), literal(0).label("mappings"))
            .where(shadow_user.c.zone_row_id == zone.row_id)
            .group_by(shadow_user.c.origin)
        )
        mappings = (
            select(role_mapping.c.origin, literal(0), func.count())
            .join(role_collection, role_collection.c.id == role_mapping.c.role_collection_row_id)
            .where(role_collection.c.zone_row_id == zone.row_id)
            .group_by(role_mapping.c.origin)
        )
        found: dict[str, tuple[int, int]] = {}
        for origin, *numbers in self._connection.execute(union_all(users, mappings)):
            known = found.get(origin, (0, 0))
            found[origin] = known[0] + numbers[0], known[1] + numbers[1]
        return found


_MAPPINGS = (
    select(func.count())
    .select_from(role_mapping)
    .where(role_mapping.c.role_collection_row_id == role_collection.c.id)
    .scalar_subquery()
)


def _users(now: Any) -> Any:
    return (
        select(func.count())
        .select_from(role_assignment)
        .where(
            role_assignment.c.role_collection_row_id == role_collection.c.id,
            or_(role_assignment.c.expires_at.is_(None), role_assignment.c.expires_at > now),
        )
        .scalar_subquery()
    )


def _roles(zone: Zone, name: str | None) -> Any:
    ids = None
    if name is not None:
        ids = select(role_collection.c.id).where(role_collection.c.name == name)
    held = union(own_roles(zone, ids), referenced_roles(zone, ids)).subquery()
    # Counted once for the zone: a subquery for each row would read all roles again.
    numbers = select(held.c.collection, func.count().label("number")).group_by(held.c.collection)
    return numbers.subquery()
