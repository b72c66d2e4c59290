"""Used assertions in the database (I-120)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from broker.store.tables.user_grants import used_assertion as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


class UsedAssertionTable:
    """Records used assertions within a transaction; expired ones are purged."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def use(self, digest: str, expires_at: datetime) -> bool:
        """Record the use; return False if it is recorded already.

        Of two transactions with the same assertion one is repeated, and finds the other's record.
        """
        known = select(table.c.assertion).where(table.c.assertion == digest)
        if self._connection.execute(known).first() is not None:
            return False
        self._connection.execute(insert(table).values(assertion=digest, expires_at=expires_at))
        return True
