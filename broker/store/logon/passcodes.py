"""Passcodes in the database (I-105)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from broker.authentication.passwords.passcode import StoredPasscode
from broker.store.database.columns import words_text
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.tables.identity import shadow_user
from broker.store.tables.user_grants import passcode as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_WITH_USER = USER_WITH_ZONE.add_columns(
    table.c.lookup,
    table.c.digest,
    table.c.digest_key_id,
    table.c.auth_time,
    table.c.amr,
    table.c.token_epoch.label("passcode_epoch"),
    table.c.expires_at,
).join(table, table.c.id == shadow_user.c.id)


class PasscodeTable:
    """Reads and writes passcodes within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, passcode: StoredPasscode) -> None:
        """Store the passcode as the user's only one."""
        values = {
            "lookup": passcode.lookup,
            "digest": passcode.digest,
            "digest_key_id": passcode.digest_key_id,
            "auth_time": passcode.auth_time,
            "amr": words_text(passcode.amr),
            "token_epoch": passcode.token_epoch,
            "expires_at": passcode.expires_at,
        }
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        insert = dialect.insert(table).values(id=passcode.user.row_id, **values)
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=[table.c.id], set_=values)
        )

    def find(self, lookups: Sequence[str]) -> StoredPasscode | None:
        """Return the passcode with one of these look-up values."""
        query = _WITH_USER.where(table.c.lookup.in_(lookups))
        row = self._connection.execute(query).first()
        if row is None:
            return None
        return StoredPasscode(
            user_of(row),
            row.lookup,
            row.digest,
            row.digest_key_id,
            row.auth_time,
            tuple(row.amr.split()),
            row.passcode_epoch,
            row.expires_at,
        )

    def take(self, passcode: StoredPasscode) -> bool:
        """Delete the passcode; return False if it was used or replaced meanwhile."""
        query = delete(table).where(table.c.lookup == passcode.lookup)
        return self._connection.execute(query).rowcount == 1
