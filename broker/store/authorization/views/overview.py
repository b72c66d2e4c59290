"""The overview of role collections, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, union

from broker.authorization.collections.names import folded_name
from broker.authorization.views.overview import CollectionSummary
from broker.store.authorization.views.collections import COLLECTIONS, collection_of
from broker.store.authorization.views.held import own_roles, referenced_roles
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.declared import role_collection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from broker.authorization.views.overview import CollectionQuery
    from broker.identity.zone import Zone


class CollectionOverviewTable:
    """Reads overviews within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, zone: Zone, query: CollectionQuery) -> Sequence[CollectionSummary]:
        """Return the selected collections with the numbers of their parts."""
        users, roles = _users(query.now), _roles(zone)
        selected = COLLECTIONS.order_by(None).where(role_collection.c.zone_row_id == zone.row_id)
        if query.text:
            text = folded_name(query.text)
            name = func.coalesce(role_collection.c.folded_name, role_collection.c.name)
            selected = selected.where(name.contains(text, autoescape=True))
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


def _roles(zone: Zone) -> Any:
    held = union(own_roles(zone), referenced_roles(zone)).subquery()
    # Counted once for the zone: a subquery for each row would read all roles again.
    numbers = select(held.c.collection, func.count().label("number")).group_by(held.c.collection)
    return numbers.subquery()
