"""Sessions of users in the database: keyed digests of their cookies (I-80)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from broker.authentication.session import Session
from broker.errors import IntegrityViolated
from broker.store.database.columns import from_json_text, json_text, words_text
from broker.store.identity.refresh_tokens import end_families
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.sealing.places import id_token_place
from broker.store.tables.identity import shadow_user
from broker.store.tables.user_grants import authorization_code, refresh_family
from broker.store.tables.user_grants import user_session as table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from broker.credentials.opaque import Opaque
    from broker.identity.user import User
    from broker.store.rollback.revocations import Revocations
    from broker.store.sealing.data_keys import DataKeys
    from broker.store.sealing.sealed import Place, Sealer

_KIND = table.name

_SESSION = USER_WITH_ZONE.add_columns(
    *(column.label(f"session_{column.name}") for column in table.c)
).join(table, table.c.user_row_id == shadow_user.c.id)
_BY_LOOKUP = _SESSION.where(table.c.lookup == bindparam("lookup"))
_BY_USER = _SESSION.where(table.c.user_row_id == bindparam("user_row_id")).order_by(
    table.c.created_at.desc(), table.c.id
)


class SessionTable:
    """Reads and writes sessions within a transaction."""

    def __init__(
        self, connection: Connection, sealer: Sealer, keys: DataKeys, revocations: Revocations
    ) -> None:
        """``keys`` digest the cookies; ``revocations`` counts logouts, which are not audited."""
        self._connection = connection
        self._revocations = revocations
        self._sealer = sealer
        self._keys = keys

    def find(self, value: Opaque) -> Session | None:
        """Return the session, None if it is unknown or was stored for another user."""
        row = self._connection.execute(_BY_LOOKUP, {"lookup": value.lookup}).one_or_none()
        if row is None:
            return None
        session, key_id = _session_of(row), row.session_digest_key_id
        owner = _owner(session.row_id, session.user)
        return session if value.matches(row.session_digest, key_id, self._keys, *owner) else None

    def add(self, session: Session, value: Opaque, id_token: str | None = None) -> None:
        """Insert a session; ``id_token`` is the provider's, for the logout there (I-50)."""
        self._connection.execute(
            insert(table).values(
                id=session.row_id,
                user_row_id=session.user.row_id,
                **self._logon(session, value, id_token),
            )
        )

    def renew(self, session: Session, value: Opaque, id_token: str | None = None) -> bool:
        """Replace the cookie and the logon of a stored session; return False if it has ended."""
        row = table.c.id == session.row_id, table.c.user_row_id == session.user.row_id
        changed = update(table).where(*row).values(**self._logon(session, value, id_token))
        return self._connection.execute(changed).rowcount == 1

    def id_token(self, session: Session) -> str | None:
        """Return the provider's id token, if there is one; raise IntegrityViolated."""
        sealed = self._connection.execute(
            select(table.c.sealed_id_token).where(table.c.id == session.row_id)
        ).scalar_one_or_none()
        if sealed is None:
            return None
        user_id, token = from_json_text(self._sealer.open(sealed, _place(session)).decode())
        if user_id != session.user.user_id:
            raise IntegrityViolated(
                f"{table.name}.sealed_id_token of row {session.row_id} belongs to another user"
            )
        return str(token)

    def _logon(self, session: Session, value: Opaque, id_token: str | None) -> dict[str, Any]:
        key = self._keys.newest_digest_key()
        content = json_text([session.user.user_id, id_token]).encode()
        place = _place(session)
        return {
            "lookup": value.lookup,
            "digest": value.digest(key, *_owner(session.row_id, session.user)),
            "digest_key_id": key.id,
            "auth_time": session.auth_time,
            "amr": words_text(session.amr),
            "token_epoch": session.token_epoch,
            "provider_session": session.provider_session,
            "sealed_id_token": None if id_token is None else self._sealer.seal(content, place),
            "created_at": session.created_at,
            "last_seen_at": session.last_seen_at,
            "expires_at": session.expires_at,
        }

    def seen(self, session: Session, now: datetime) -> None:
        """Record a request."""
        self._connection.execute(
            update(table).where(table.c.id == session.row_id).values(last_seen_at=now)
        )

    def end(self, session: Session) -> bool:
        """Delete the session, its codes and the refresh tokens of tokens exchanged in it.

        The refresh tokens that its codes gave are the applications' own and remain (D-59). Return
        False if it has ended before.
        """
        row_id = session.row_id
        self._revocations.count()
        self._connection.execute(
            delete(authorization_code).where(authorization_code.c.session_row_id == row_id)
        )
        end_families(
            self._connection,
            refresh_family.c.session_row_id == row_id,
            refresh_family.c.source_row_id.is_not(None),
        )
        ended = self._connection.execute(delete(table).where(table.c.id == row_id))
        return ended.rowcount > 0

    def of_user(self, user: User) -> Sequence[Session]:
        """Return the stored sessions of the user, the latest first."""
        rows = self._connection.execute(_BY_USER, {"user_row_id": user.row_id})
        return [_session_of(row) for row in rows]


def _place(session: Session) -> Place:
    return id_token_place(session.row_id, session.user.user_id, session.user.zone.guid)


def _owner(row_id: int, user: User) -> tuple[str, int, str, str]:
    """Return the kind and the ids to which a cookie's digest is bound (D-52)."""
    return _KIND, row_id, user.user_id, user.zone.guid


def _session_of(row: Row[*tuple[Any, ...]]) -> Session:
    return Session(
        row_id=row.session_id,
        user=user_of(row),
        auth_time=row.session_auth_time,
        amr=tuple(row.session_amr.split()),
        token_epoch=row.session_token_epoch,
        created_at=row.session_created_at,
        last_seen_at=row.session_last_seen_at,
        expires_at=row.session_expires_at,
        provider_session=row.session_provider_session,
    )
