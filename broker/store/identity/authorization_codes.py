"""Authorization codes in the database: keyed digests, and what used codes gave (D-43)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, exists, insert, or_, select, update

from broker.store.database.columns import from_scopes_text, words_text
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.tables.core import client
from broker.store.tables.identity import shadow_user
from broker.store.tables.user_grants import authorization_code as table
from broker.store.tables.user_grants import user_session
from broker.tokens.authorization_code import (
    CODE_VALIDITY,
    USED_CODE_KEPT,
    AuthorizationCode,
    Given,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from broker.credentials.opaque import Opaque
    from broker.store.sealing.data_keys import DataKeys

_KIND = table.name

_BY_LOOKUP = (
    USER_WITH_ZONE.add_columns(
        *(column.label(f"code_{column.name}") for column in table.c), client.c.client_id
    )
    .join(table, table.c.user_row_id == shadow_user.c.id)
    .join(client, client.c.id == table.c.client_row_id)
    .where(
        table.c.lookup == bindparam("lookup"),
        # A logout deletes the codes of its session; one inserted at the same time may remain.
        or_(
            table.c.session_row_id.is_(None),
            table.c.used_at.is_not(None),
            exists().where(user_session.c.id == table.c.session_row_id),
        ),
    )
)


class AuthorizationCodeTable:
    """Reads and writes authorization codes within a transaction."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        """``keys`` digest the codes."""
        self._connection = connection
        self._keys = keys

    def find(self, value: Opaque) -> AuthorizationCode | None:
        """Return the code, used or not; None if it is unknown or was stored for another owner.

        An unused code of an ended session is unknown (D-59).
        """
        row = self._connection.execute(_BY_LOOKUP, {"lookup": value.lookup}).one_or_none()
        if row is None:
            return None
        code, key_id = _code_of(row), row.code_digest_key_id
        matches = value.matches(row.code_digest, key_id, self._keys, _KIND, *_owner(code))
        return code if matches else None

    def add(self, code: AuthorizationCode, value: Opaque) -> None:
        """Insert a code."""
        key = self._keys.newest_digest_key()
        self._connection.execute(
            insert(table).values(
                id=code.row_id,
                user_row_id=code.user.row_id,
                client_row_id=code.client_row_id,
                lookup=value.lookup,
                digest=value.digest(key, _KIND, *_owner(code)),
                digest_key_id=key.id,
                auth_time=code.auth_time,
                amr=words_text(code.amr),
                token_epoch=code.token_epoch,
                session_row_id=code.session_row_id,
                redirect_uri=code.redirect_uri,
                code_challenge=code.code_challenge,
                nonce=code.nonce,
                scopes=words_text(code.scopes),
                created_at=code.created_at,
                expires_at=code.created_at + CODE_VALIDITY,
            )
        )

    def take(self, code: AuthorizationCode, given: Given, now: datetime) -> bool:
        """Mark the code as used, and keep what it gave; return False if it is used already."""
        taken = self._connection.execute(
            update(table)
            .where(table.c.id == code.row_id, table.c.used_at.is_(None))
            .values(
                used_at=now,
                expires_at=now + USED_CODE_KEPT,
                token_id=given.token_id,
                family_row_id=given.family_row_id,
            )
        )
        return taken.rowcount > 0

    def take_back(self, code: AuthorizationCode) -> Given | None:
        """Return what the used code gave; only the first call does."""
        found = select(table.c.token_id, table.c.family_row_id).where(
            table.c.id == code.row_id, table.c.token_id.is_not(None)
        )
        row = self._connection.execute(found.with_for_update()).one_or_none()
        if row is None:
            return None
        taken_back = update(table).where(table.c.id == code.row_id)
        self._connection.execute(taken_back.values(token_id=None, family_row_id=None))
        return Given(row.token_id, row.family_row_id)

    def end_of(self, user_row_id: int, client_row_id: int) -> int:
        """Delete the user's codes for the client; return how many."""
        return self._connection.execute(
            delete(table).where(
                table.c.user_row_id == user_row_id, table.c.client_row_id == client_row_id
            )
        ).rowcount


def _owner(code: AuthorizationCode) -> tuple[str | int, ...]:
    """Return the ids to which a code's digest is bound (D-52)."""
    user = code.user
    return code.row_id, code.client_row_id, code.client_id, user.user_id, user.zone.guid


def _code_of(row: Row[*tuple[Any, ...]]) -> AuthorizationCode:
    return AuthorizationCode(
        row_id=row.code_id,
        user=user_of(row),
        client_row_id=row.code_client_row_id,
        client_id=row.client_id,
        scopes=from_scopes_text(row.code_scopes),
        auth_time=row.code_auth_time,
        amr=tuple(row.code_amr.split()),
        token_epoch=row.code_token_epoch,
        created_at=row.code_created_at,
        session_row_id=row.code_session_row_id,
        redirect_uri=row.code_redirect_uri,
        code_challenge=row.code_code_challenge,
        nonce=row.code_nonce,
        used_at=row.code_used_at,
    )
