"""Search for users of a zone, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, tuple_

from broker.identity.user import folded, is_storable
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.tables.identity import shadow_user as table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broker.identity.user import User
    from broker.identity.users.search import UserQuery
    from broker.identity.zone import Zone


class UserSearch:
    """Lists users within a transaction, ordered by origin and folded name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, zone: Zone, query: UserQuery) -> list[User]:
        """Return the next users of the zone that match the query."""
        if not is_storable(query.name, query.email, query.origin, *(query.after or ())):
            return []
        found = USER_WITH_ZONE.where(table.c.zone_row_id == zone.row_id)
        if query.origin:
            found = found.where(table.c.origin == query.origin)
        if query.name:
            name = folded(query.name)
            found = found.where(table.c.folded_name.contains(name, autoescape=True))
        if query.email:
            email = query.email.lower()
            found = found.where(func.lower(table.c.email).contains(email, autoescape=True))
        if query.after is not None:
            origin, name = query.after
            # The order of the unique index: each page is one range of it.
            position = tuple_(table.c.origin, table.c.folded_name)
            found = found.where(position > tuple_(origin, folded(name)))
        ordered = found.order_by(table.c.origin, table.c.folded_name).limit(query.limit)
        return [user_of(row) for row in self._connection.execute(ordered)]
