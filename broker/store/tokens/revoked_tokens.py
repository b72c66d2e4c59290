"""Revoked tokens in the database; other issued tokens are not stored (D-32)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select, update

from broker.store.tables.core import credential
from broker.store.tables.tokens import revoked_token as table

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.client import Client


class RevokedTokenTable:
    """Revokes tokens within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def revoke(
        self,
        client: Client,
        token_id: str,
        *,
        expires_at: datetime,
        now: datetime,
        limit: int | None = None,
    ) -> bool:
        """Store the revocation until ``expires_at``, and delete expired ones.

        Return False if the client has ``limit`` revoked tokens already.
        """
        known = table.c.token_id == token_id
        if self._connection.execute(select(table.c.token_id).where(known)).first():
            return True
        self._connection.execute(delete(table).where(table.c.expires_at <= now))
        count = self._connection.execute(
            select(func.count()).where(table.c.client_row_id == client.row_id)
        ).scalar_one()
        if limit is not None and count >= limit:
            return False
        self._connection.execute(
            insert(table).values(
                token_id=token_id, client_row_id=client.row_id, expires_at=expires_at
            )
        )
        return True

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens of the client: each credential gets a new generation.

        Older tokens name the previous generation.
        """
        self._connection.execute(
            update(credential)
            .where(credential.c.client_row_id == client.row_id)
            .values(generation=credential.c.generation + 1)
        )
        self._connection.execute(delete(table).where(table.c.client_row_id == client.row_id))
