"""Failed authentications in the database, at most ``MAX_ROWS`` rows (D-23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.authentication.refused_attempts import RefusedAttempts
from broker.store.tables.tokens import refused_attempt as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


MAX_ROWS = 10_000


class RefusedAttemptTable:
    """Writes counts of failed authentications."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, refused: Sequence[RefusedAttempts]) -> None:
        """Add the counts; beyond ``MAX_ROWS`` delete the oldest minutes."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        insert = dialect.insert(table)
        upsert = insert.on_conflict_do_update(
            index_elements=[table.c.minute, table.c.source, table.c.reason],
            set_={"attempts": table.c.attempts + insert.excluded.attempts},
        )
        for row in refused:
            self._connection.execute(
                upsert,
                {
                    "minute": row.minute,
                    "source": row.source,
                    "reason": row.reason,
                    "client_id": row.client_id,
                    "attempts": row.attempts,
                },
            )
        past = select(table.c.minute).order_by(table.c.minute.desc()).offset(MAX_ROWS).limit(1)
        newest_past = self._connection.execute(past).scalar_one_or_none()
        if newest_past is not None:
            self._connection.execute(delete(table).where(table.c.minute <= newest_past))
