"""Search for users of a zone, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import null, tuple_

from broker.identity.user import folded, is_storable
from broker.identity.users.search import ascii_lowered
from broker.search.condition import Page
from broker.store.database.pages import Listing, read_page, read_rows
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.tables.collation import ascii_lower
from broker.store.tables.identity import shadow_user as table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from broker.identity.user import User
    from broker.identity.users.search import UserQuery
    from broker.identity.zone import Zone
    from broker.search.condition import Selection

_COLUMNS = {
    "id": table.c.user_id,
    "userName": table.c.folded_name,
    "origin": table.c.origin,
    "externalId": table.c.external_id,
    "emails.value": ascii_lower(table.c.email),
    "active": table.c.is_active,
    "verified": table.c.email_verified,
    "meta.created": table.c.created_at,
    "meta.lastModified": table.c.updated_at,
    "lastLogonTime": table.c.last_logon_at,
}
"""The columns of ``USER_ATTRIBUTES``."""

WITHOUT_SNAPSHOT = USER_WITH_ZONE.with_only_columns(
    *(
        null().label(each.name) if each.name == table.c.snapshot.name else each
        for each in USER_WITH_ZONE.selected_columns
    ),
    maintain_column_froms=True,
)
"""Hundreds of snapshots may have any size, and no list shows them."""

USERS = Listing(table, WITHOUT_SNAPSHOT, _COLUMNS)


class UserSearch:
    """Lists users within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, zone: Zone, query: UserQuery) -> list[User]:
        """Return the next users that match, ordered by origin and folded name."""
        if not is_storable(query.name, query.email, query.origin, *(query.after or ())):
            return []
        found = USER_WITH_ZONE.where(table.c.zone_row_id == zone.row_id)
        if query.origin:
            found = found.where(table.c.origin == query.origin)
        if query.name:
            name = folded(query.name)
            found = found.where(table.c.folded_name.contains(name, autoescape=True))
        if query.email:
            email = ascii_lowered(query.email)
            found = found.where(ascii_lower(table.c.email).contains(email, autoescape=True))
        if query.after is not None:
            origin, name = query.after
            # The order of the unique index: each page is one range of it.
            position = tuple_(table.c.origin, table.c.folded_name)
            found = found.where(position > tuple_(origin, folded(name)))
        ordered = found.order_by(table.c.origin, table.c.folded_name).limit(query.limit)
        return [user_of(row) for row in self._connection.execute(ordered)]

    def select(self, zone: Zone, selection: Selection) -> Page[User]:
        """Return a page of the zone's users, without snapshots, by ``USER_ATTRIBUTES``."""
        rows, total = read_page(self._connection, USERS, zone, selection)
        return Page([user_of(row) for row in rows], total)

    def some(self, zone: Zone, selection: Selection) -> Sequence[User]:
        """Return the users of a page, as ``select`` does, without counting the others."""
        return [user_of(row) for row in read_rows(self._connection, USERS, zone, selection)]

    def with_ids(self, zone: Zone, user_ids: Collection[str]) -> Mapping[str, User]:
        """Return those of the zone's users, without snapshots, by their ids."""
        rows = self._connection.execute(
            WITHOUT_SNAPSHOT.where(
                table.c.zone_row_id == zone.row_id,
                table.c.user_id.in_([each for each in user_ids if is_storable(each)]),
            )
        )
        return {row.user_id: user_of(row) for row in rows}
