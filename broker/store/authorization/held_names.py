"""Names of deleted applications, held for their space (D-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from broker.store.tables.declared import held_name as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


class HeldNameTable:
    """Holds names for a limited time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, app_id: str, space: str, now: datetime, until: datetime) -> None:
        """Hold the name for the space until ``until``; delete expired names."""
        self._connection.execute(
            delete(table).where((table.c.until <= now) | (table.c.app_id == app_id))
        )
        self._connection.execute(insert(table).values(app_id=app_id, space=space, until=until))

    def held_from(self, app_id: str, space: str, now: datetime) -> datetime | None:
        """Return until when another space holds the name, None if none does."""
        return self._connection.execute(
            select(table.c.until).where(
                table.c.app_id == app_id, table.c.space != space, table.c.until > now
            )
        ).scalar_one_or_none()

    def release(self, app_id: str) -> bool:
        """Release the name for every space; return whether it was held."""
        return self._connection.execute(delete(table).where(table.c.app_id == app_id)).rowcount > 0
