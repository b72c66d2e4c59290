"""One-time links to set a password, in the database (I-23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert

from broker.authentication.passwords.links import StoredLink
from broker.ids import new_row_id
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.tables.identity import password_link as table
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WITH_USER = USER_WITH_ZONE.add_columns(
    table.c.lookup,
    table.c.digest,
    table.c.digest_key_id,
    table.c.purpose,
    table.c.created_by,
    table.c.created_at.label("link_created_at"),
    table.c.expires_at,
).join(table, table.c.user_row_id == shadow_user.c.id)


class PasswordLinkTable:
    """Reads and writes links within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, link: StoredLink) -> None:
        """Store the link as the user's only one."""
        of_user = table.c.user_row_id == link.user.row_id
        self._connection.execute(delete(table).where(of_user))
        self._connection.execute(
            insert(table).values(
                id=new_row_id(),
                user_row_id=link.user.row_id,
                lookup=link.lookup,
                digest=link.digest,
                digest_key_id=link.digest_key_id,
                purpose=link.purpose,
                created_by=link.created_by,
                created_at=link.created_at,
                expires_at=link.expires_at,
            )
        )

    def find(self, lookup: str) -> StoredLink | None:
        """Return the link with this look-up value."""
        query = _WITH_USER.where(table.c.lookup == lookup)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return StoredLink(
            user=user_of(row),
            lookup=row.lookup,
            digest=row.digest,
            digest_key_id=row.digest_key_id,
            purpose=row.purpose,
            created_by=row.created_by,
            created_at=row.link_created_at,
            expires_at=row.expires_at,
        )

    def take(self, lookup: str) -> bool:
        """Delete the link; return False if it was used or replaced meanwhile."""
        query = delete(table).where(table.c.lookup == lookup)
        return self._connection.execute(query).rowcount == 1
