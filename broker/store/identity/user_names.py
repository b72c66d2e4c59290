"""Users of an origin by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from broker.identity.user import folded, is_storable
from broker.store.identity.user_search import USERS
from broker.store.identity.users import user_of
from broker.store.tables.identity import shadow_user as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from broker.identity.user import User
    from broker.identity.zone import Zone


class UserNameTable:
    """Lists the users of an origin within a transaction, ordered by folded name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_origin(self, zone: Zone, origin: str, part: str, limit: int) -> Sequence[User]:
        """Return users, without snapshots, whose name contains the part."""
        if not is_storable(part):
            return []
        rows = self._connection.execute(_matching(USERS.rows, zone, origin, part, limit))
        return [user_of(row) for row in rows]

    def names_of_origin(self, zone: Zone, origin: str, part: str, limit: int) -> Sequence[str]:
        """Return their names."""
        if not is_storable(part):
            return []
        query = _matching(select(table.c.name), zone, origin, part, limit)
        return self._connection.execute(query).scalars().all()


def _matching(query: Any, zone: Zone, origin: str, part: str, limit: int) -> Any:
    found = query.where(table.c.zone_row_id == zone.row_id, table.c.origin == origin)
    if part:
        found = found.where(table.c.folded_name.contains(folded(part), autoescape=True))
    return found.order_by(table.c.folded_name).limit(limit)
