"""The look-up of the credential that an issued token names (D-32)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam

from broker.authentication.client import StoredCredential
from broker.store.credentials.lookup import CREDENTIAL_WITH_CLIENT, read_credential
from broker.store.database.held_statement import HeldStatement
from broker.store.tables.core import credential
from broker.store.tables.tokens import revoked_token as table
from broker.tokens.ports import TokenOrigin

if TYPE_CHECKING:
    from sqlalchemy import Engine

_ORIGIN = (
    CREDENTIAL_WITH_CLIENT.add_columns(table.c.token_id.label("revoked_token_id"))
    .outerjoin(
        table,
        (table.c.token_id == bindparam("token_id"))
        & (table.c.client_row_id == credential.c.client_row_id),
    )
    .where(credential.c.id == bindparam("credential_id"))
)

_mark = table.alias("mark")
_ORIGIN_WITH_MARK = _ORIGIN.add_columns(_mark.c.expires_at.label("mark_expires_at")).outerjoin(
    _mark,
    (_mark.c.token_id == bindparam("mark")) & (_mark.c.client_row_id == credential.c.client_row_id),
)


class StoredTokenOrigins:
    """Looks up the credentials of issued tokens, always as currently committed."""

    def __init__(self, engine: Engine) -> None:
        """``engine``: look-ups use persistent connections outside of its pool."""
        self._of_client = HeldStatement(engine, _ORIGIN)
        self._of_user = HeldStatement(engine, _ORIGIN_WITH_MARK)

    def origin(self, credential_id: int, token_id: str, mark: str = "") -> TokenOrigin | None:
        """Return the credential as currently committed, or None; exactly one statement.

        ``mark`` is the ``revocation_mark`` of a user's token.
        """
        if mark:
            rows = self._of_user.rows(credential_id=credential_id, token_id=token_id, mark=mark)
        else:
            rows = self._of_client.rows(credential_id=credential_id, token_id=token_id)
        if not rows:
            return None
        [row] = rows
        stored = read_credential(row)
        if not isinstance(stored, StoredCredential):
            return None
        return TokenOrigin(
            stored, row.revoked_token_id is not None, row.mark_expires_at if mark else None
        )
