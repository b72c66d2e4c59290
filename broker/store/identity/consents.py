"""The consents of users in the database (I-99): a row per client and scope."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from broker.authentication.consent import Consent
from broker.ids import new_row_id
from broker.store.identity.refresh_tokens import end_families
from broker.store.tables.core import client
from broker.store.tables.user_grants import authorization_code, refresh_family
from broker.store.tables.user_grants import consent as table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from broker.identity.user import User

_BY_APPLICATION = (
    select(table, client.c.app_id, client.c.local_id)
    .join(client, client.c.id == table.c.client_row_id)
    .where(table.c.is_granted)
    .order_by(client.c.app_id, table.c.scope)
)


class ConsentTable:
    """Reads and writes consents within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def granted(self, user: User, client_row_id: int) -> frozenset[str]:
        """Return the scopes to which the user has consented for the client."""
        statement = select(table.c.scope).where(table.c.is_granted, *_of(user, client_row_id))
        return frozenset(self._connection.scalars(statement))

    def grant(self, user: User, client_row_id: int, scopes: Collection[str], now: datetime) -> None:
        """Add these scopes to the consent."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        values: dict[str, Any] = {"is_granted": True, "updated_at": now}
        for scope in sorted(scopes):
            insert = dialect.insert(table).values(
                id=new_row_id(),
                user_row_id=user.row_id,
                client_row_id=client_row_id,
                scope=scope,
                **values,
            )
            key = ["user_row_id", "client_row_id", "scope"]
            self._connection.execute(insert.on_conflict_do_update(index_elements=key, set_=values))

    def of_user(self, user: User) -> Sequence[Consent]:
        """Return the user's consents, ordered by application."""
        rows = self._connection.execute(_BY_APPLICATION.where(table.c.user_row_id == user.row_id))
        return [
            _consent_of(list(group)) for _, group in groupby(rows, lambda row: row.client_row_id)
        ]

    def withdraw(self, user: User, client_row_id: int) -> str | None:
        """Delete the consent and end the client's codes and refresh tokens for the user.

        Return the application id, None if there is no consent.
        """
        found = next((c for c in self.of_user(user) if c.client_row_id == client_row_id), None)
        if found is None:
            return None
        self._connection.execute(delete(table).where(*_of(user, client_row_id)))
        self._connection.execute(
            delete(authorization_code).where(
                authorization_code.c.user_row_id == user.row_id,
                authorization_code.c.client_row_id == client_row_id,
            )
        )
        end_families(
            self._connection,
            refresh_family.c.user_row_id == user.row_id,
            refresh_family.c.client_row_id == client_row_id,
        )
        return found.app_id


def _of(user: User, client_row_id: int) -> tuple[Any, ...]:
    return table.c.user_row_id == user.row_id, table.c.client_row_id == client_row_id


def _consent_of(rows: Sequence[Row[*tuple[Any, ...]]]) -> Consent:
    first = rows[0]
    return Consent(
        client_row_id=first.client_row_id,
        app_id=first.local_id or first.app_id,
        scopes=tuple(row.scope for row in rows),
        granted_at=max(row.updated_at for row in rows),
    )
