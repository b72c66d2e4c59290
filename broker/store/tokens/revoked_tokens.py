"""Revoked tokens in the database; other issued tokens are not stored (D-32)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, case, delete, func, insert, select, update

from broker.store.identity.refresh_tokens import end_families
from broker.store.tables.core import client as client_table
from broker.store.tables.core import credential
from broker.store.tables.tokens import revoked_token as table
from broker.store.tables.user_grants import authorization_code, refresh_family

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.client import Client
    from broker.identity.zone import Zone
    from broker.store.sealing.owner_macs import OwnerMacs


class RevokedTokenTable:
    """Revokes tokens within a transaction."""

    def __init__(self, connection: Connection, macs: OwnerMacs) -> None:
        """``macs`` bind credentials to their generation (D-52)."""
        self._connection = connection
        self._macs = macs

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
        return self._store(client.row_id, token_id, expires_at, now, limit)

    def client_row_id(self, zone_: Zone, client_id: str) -> int | None:
        """Return the row id of the zone's client, None if it has no such client."""
        found: int | None = self._connection.execute(
            select(client_table.c.id).where(
                client_table.c.client_id == client_id,
                client_table.c.zone_row_id == zone_.row_id,
            )
        ).scalar_one_or_none()
        return found

    def revoke_marked(
        self,
        client_row_id: int,
        mark: str,
        *,
        expires_at: datetime,
        now: datetime,
        limit: int | None = None,
    ) -> bool:
        """Store the mark, or advance its expiry; otherwise as ``revoke``.

        The expiry never goes back: another host may have stored a later one since ``now``.
        """
        is_later = table.c.expires_at < expires_at
        found = self._connection.execute(
            update(table)
            .where(table.c.token_id == mark)
            .values(expires_at=case((is_later, expires_at), else_=table.c.expires_at))
        )
        return bool(found.rowcount) or self._store(client_row_id, mark, expires_at, now, limit)

    def _store(
        self,
        client_row_id: int,
        token_id: str,
        expires_at: datetime,
        now: datetime,
        limit: int | None,
    ) -> bool:
        self._connection.execute(delete(table).where(table.c.expires_at <= now))
        count = self._connection.execute(
            select(func.count()).where(table.c.client_row_id == client_row_id)
        ).scalar_one()
        if limit is not None and count >= limit:
            return False
        self._connection.execute(
            insert(table).values(
                token_id=token_id, client_row_id=client_row_id, expires_at=expires_at
            )
        )
        return True

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens of the client: each credential gets a new generation.

        Older tokens name the previous generation. Refresh tokens and authorization codes end, too
        (D-59).
        """
        of_client = credential.c.client_row_id == client.row_id
        credentials = self._macs.locked(of_client)
        self._connection.execute(
            update(credential).where(of_client).values(generation=credential.c.generation + 1)
        )
        self._macs.renew(credentials, lambda owner: owner._replace(generation=owner.generation + 1))
        self._connection.execute(delete(table).where(table.c.client_row_id == client.row_id))
        end_families(self._connection, refresh_family.c.client_row_id == client.row_id)
        self._connection.execute(
            delete(authorization_code).where(authorization_code.c.client_row_id == client.row_id)
        )
