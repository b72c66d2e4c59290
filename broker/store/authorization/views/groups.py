"""Role collections as groups of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from broker.authorization.groups.model import GroupMember
from broker.search.condition import Page
from broker.store.authorization.collections.role_collections import WITH_OWNER, collection_of
from broker.store.database.engine import database_time
from broker.store.database.pages import Listing, read_page
from broker.store.tables.assignments import role_assignment
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from broker.authorization.collections.model import RoleCollection
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.search.condition import Selection

GROUPS = Listing(
    role_collection,
    WITH_OWNER,
    {"id": role_collection.c.name, "displayName": role_collection.c.name},
)
_MEMBERS = (
    select(
        role_assignment.c.id,
        role_assignment.c.role_collection_row_id,
        shadow_user.c.user_id,
        shadow_user.c.origin,
    )
    .join(shadow_user, shadow_user.c.id == role_assignment.c.user_row_id)
    .order_by(role_assignment.c.role_collection_row_id, shadow_user.c.user_id)
)


class GroupTable:
    """Reads groups within a transaction; expired assignments are no membership."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, zone: Zone, selection: Selection) -> Page[RoleCollection]:
        """Return a page of the zone's role collections; names are of ``GROUP_ATTRIBUTES``."""
        rows, total = read_page(self._connection, GROUPS, zone, selection)
        return Page([collection_of(row) for row in rows], total)

    def members(
        self, collections: Sequence[RoleCollection], limit: int
    ) -> Mapping[int, Sequence[GroupMember]]:
        """Return at most so many current members of these collections, by their row ids."""
        row_ids = [each.row_id for each in collections]
        found: dict[int, list[GroupMember]] = {}
        for row in self._connection.execute(
            _MEMBERS.where(
                role_assignment.c.role_collection_row_id.in_(row_ids), self._is_current()
            ).limit(limit)
        ):
            found.setdefault(row.role_collection_row_id, []).append(_member_of(row))
        return found

    def member(self, collection: RoleCollection, user_id: str) -> GroupMember | None:
        """Return the current member with this user id."""
        row = self._connection.execute(
            _MEMBERS.where(
                role_assignment.c.role_collection_row_id == collection.row_id,
                shadow_user.c.user_id == user_id,
                self._is_current(),
            )
        ).one_or_none()
        return None if row is None else _member_of(row)

    def names_of(self, users: Sequence[User]) -> Mapping[int, Sequence[str]]:
        """Return the sorted names of the users' current role collections, by their row ids."""
        query = (
            select(role_assignment.c.user_row_id, role_collection.c.name)
            .join(role_collection, role_collection.c.id == role_assignment.c.role_collection_row_id)
            .where(
                role_assignment.c.user_row_id.in_([each.row_id for each in users]),
                self._is_current(),
            )
        )
        found: dict[int, list[str]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.user_row_id, []).append(row.name)
        return {user: sorted(names) for user, names in found.items()}

    def _is_current(self) -> ColumnElement[bool]:
        # Compared with the time of the database without another statement.
        is_sqlite = self._connection.dialect.name == "sqlite"
        now: Any = database_time(self._connection) if is_sqlite else func.clock_timestamp()
        return or_(role_assignment.c.expires_at.is_(None), role_assignment.c.expires_at > now)


def _member_of(row: Row[*tuple[Any, ...]]) -> GroupMember:
    return GroupMember(row.user_id, row.origin, row.id)
