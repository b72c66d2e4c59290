"""Names of deleted applications, kept for their space (D-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from broker.store.tables.declared import held_name as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


class HeldNameTable:
    """Keeps names, and forgets them when their time is over."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the connection's transaction."""
        self._connection = connection

    def hold(self, app_id: str, space: str, now: datetime, until: datetime) -> None:
        """Keep the name for the space; drop the names whose time is over."""
        self._connection.execute(
            delete(table).where((table.c.until <= now) | (table.c.app_id == app_id))
        )
        self._connection.execute(insert(table).values(app_id=app_id, space=space, until=until))

    def held_from(self, app_id: str, space: str, now: datetime) -> datetime | None:
        """Return until when the name is kept from this space, None if it is not."""
        return self._connection.execute(
            select(table.c.until).where(
                table.c.app_id == app_id, table.c.space != space, table.c.until > now
            )
        ).scalar_one_or_none()

    def release(self, app_id: str) -> bool:
        """Let every space use the name; tell whether it was kept."""
        return self._connection.execute(delete(table).where(table.c.app_id == app_id)).rowcount > 0
