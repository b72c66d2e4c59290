"""Who has role collections: users by assignments, and mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from broker.authorization.collections.model import CollectionMapping
from broker.authorization.views.scope_holders import AssignedUser
from broker.identity.user import folded
from broker.identity.users.search import ascii_lowered
from broker.store.database.planning import filtering
from broker.store.identity.user_search import WITHOUT_SNAPSHOT
from broker.store.identity.users import PROVIDER_IS_ACTIVE, USER_WITH_ZONE, user_of
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.collation import ascii_lower, by_code_points
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from broker.authorization.views.scope_holders import HolderQuery
    from broker.identity.zone import Zone


class ScopeHolderTable:
    """Reads who has role collections within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def assigned(
        self, zone: Zone, row_ids: Collection[int], query: HolderQuery
    ) -> Sequence[AssignedUser]:
        """Return the active users of the collections, with assignments that have not ended."""
        users = USER_WITH_ZONE if query.has_snapshots else WITHOUT_SNAPSHOT
        found = (
            users.add_columns(
                role_assignment.c.role_collection_row_id,
                role_assignment.c.created_by.label("assigned_by"),
                role_assignment.c.created_at.label("assigned_at"),
                role_assignment.c.expires_at,
            )
            .join(role_assignment, role_assignment.c.user_row_id == shadow_user.c.id)
            .where(
                shadow_user.c.zone_row_id == zone.row_id,
                shadow_user.c.is_active,
                PROVIDER_IS_ACTIVE,
                filtering(role_assignment.c.role_collection_row_id).in_(sorted(row_ids)),
                or_(
                    role_assignment.c.expires_at.is_(None),
                    role_assignment.c.expires_at > query.now,
                ),
            )
        )
        if query.text:
            email, text = ascii_lower(shadow_user.c.email), folded(query.text)
            is_name = shadow_user.c.folded_name.contains(text, autoescape=True)
            is_email = email.contains(ascii_lowered(query.text), autoescape=True)
            found = found.where(or_(is_name, is_email))
        # The order of an index: the first page of a hundred thousand users sorts none of them.
        name = by_code_points(shadow_user.c.folded_name)
        order = name.desc() if query.is_descending else name
        ordered = found.order_by(order, shadow_user.c.id, role_assignment.c.role_collection_row_id)
        rows = self._connection.execute(ordered.offset(query.skip).limit(query.limit))
        return [
            AssignedUser(
                user_of(row),
                row.role_collection_row_id,
                row.assigned_by,
                row.assigned_at,
                row.expires_at,
            )
            for row in rows
        ]

    def mappings(
        self, zone: Zone, row_ids: Collection[int], limit: int
    ) -> Sequence[CollectionMapping]:
        """Return the mappings to the collections by collection, origin, attribute and value."""
        columns = role_mapping.c
        query = (
            select(
                role_collection.c.name,
                columns.origin,
                columns.attribute,
                columns.value,
                columns.operator,
            )
            .join(role_collection, role_collection.c.id == columns.role_collection_row_id)
            .where(
                role_collection.c.zone_row_id == zone.row_id,
                role_collection.c.id.in_(sorted(row_ids)),
            )
            .order_by(role_collection.c.name, columns.origin, columns.attribute, columns.value)
        )
        return [CollectionMapping(*row) for row in self._connection.execute(query.limit(limit))]
