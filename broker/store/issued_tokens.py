"""What is kept about issued tokens: only which of them were revoked (D-32)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update

from broker.instances.audit import ALL_TOKENS, CLIENT_ID, TOKEN_ID, Action, AuditEvent
from broker.instances.model import Caller
from broker.store.credentials import CREDENTIAL_WITH_CLIENT, stored_credential
from broker.store.engine import reading
from broker.store.faults import translating
from broker.store.tables import credential
from broker.store.token_tables import revoked_token as table
from broker.tokens.ports import TokenOrigin

if TYPE_CHECKING:
    from datetime import datetime

    from broker.credentials.authenticate import Client
    from broker.instances.model import OAuthClient
    from broker.store.repositories import Repositories
    from broker.store.transactions import StoreTransactions

_ORIGIN = (
    CREDENTIAL_WITH_CLIENT.add_columns(table.c.token_id.label("revoked_token_id"))
    .outerjoin(
        table,
        (table.c.token_id == bindparam("token_id"))
        & (table.c.client_row_id == credential.c.client_row_id),
    )
    .where(credential.c.id == bindparam("credential_id"))
)


class IssuedTokenTable:
    """Revokes tokens inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the connection's transaction."""
        self._connection = connection

    def revoke(
        self,
        client: Client | OAuthClient,
        token_id: str,
        *,
        expires_at: datetime,
        now: datetime,
        most: int | None = None,
    ) -> bool:
        """Remember the token, unless ``most`` of the client's are remembered; forget old ones."""
        known = table.c.token_id == token_id
        if self._connection.execute(select(table.c.token_id).where(known)).first():
            return True
        self._connection.execute(delete(table).where(table.c.expires_at <= now))
        count = self._connection.execute(
            select(func.count()).where(table.c.client_row_id == client.row_id)
        ).scalar_one()
        if most is not None and count >= most:
            return False
        self._connection.execute(
            insert(table).values(
                token_id=token_id, client_row_id=client.row_id, expires_at=expires_at
            )
        )
        return True

    def revoke_all(self, client: Client | OAuthClient) -> None:
        """Give each credential of the client a new generation; older tokens name another one."""
        self._connection.execute(
            update(credential)
            .where(credential.c.client_row_id == client.row_id)
            .values(generation=credential.c.generation + 1)
        )
        self._connection.execute(delete(table).where(table.c.client_row_id == client.row_id))


class StoredTokens:
    """Answers where tokens came from, and revokes them."""

    def __init__(self, engine: Engine, transactions: StoreTransactions) -> None:
        """Read on connections without a transaction of their own."""
        self._engine = engine.execution_options(**reading(engine))
        self._transactions = transactions

    def origin(self, credential_id: int, token_id: str) -> TokenOrigin | None:
        """Return the credential as committed right now, or None; exactly one statement."""
        with translating(), self._engine.connect() as connection:
            row = connection.execute(
                _ORIGIN, {"credential_id": credential_id, "token_id": token_id}
            ).one_or_none()
        if row is None:
            return None
        return TokenOrigin(stored_credential(row), row.revoked_token_id is not None)

    def revoke(self, client: Client, token_id: str, expires_at: datetime, most: int) -> bool:
        """Remember until ``expires_at`` that the token is revoked; False if there are ``most``."""

        def work(repositories: Repositories) -> bool:
            now = repositories.signing_keys.time()
            done = repositories.issued_tokens.revoke(
                client, token_id, expires_at=expires_at, now=now, most=most
            )
            if done:
                repositories.audit.append(_revocation(client, now, {TOKEN_ID: token_id}))
            return done

        return self._transactions.run(work)

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens that the client has got so far."""

        def work(repositories: Repositories) -> None:
            repositories.issued_tokens.revoke_all(client)
            now = repositories.signing_keys.time()
            repositories.audit.append(_revocation(client, now, {ALL_TOKENS: True}))

        self._transactions.run(work)


def _revocation(client: Client, now: datetime, what: dict[str, object]) -> AuditEvent:
    by = Caller("", {CLIENT_ID: client.client_id, **what})
    return AuditEvent(Action.REVOKE_TOKENS, by, client.service_instance_guid, "", now)
