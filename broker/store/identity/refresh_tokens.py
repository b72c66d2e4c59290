"""Refresh tokens in the database: keyed digests, in families (D-43, I-114)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, union_all, update

from broker.credentials.digest import revocation_signature
from broker.ids import new_row_id
from broker.store.database.columns import from_scopes_text, words_text
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.tables.core import client, credential
from broker.store.tables.identity import shadow_user
from broker.store.tables.user_grants import refresh_family as family_table
from broker.store.tables.user_grants import refresh_token as table
from broker.store.tables.user_grants import user_session
from broker.tokens.refresh_tokens import MAX_TOKENS, RefreshFamily, RefreshToken, Source

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from broker.authentication.client import AuthenticatedClient
    from broker.credentials.opaque import Opaque
    from broker.store.sealing.data_keys import DataKeys

_KIND = table.name

_source = family_table.alias("source")
_successor = "refresh token"

# Built once: building a statement takes longer than executing it.
_BY_LOOKUP = (
    USER_WITH_ZONE.add_columns(
        *(column.label(f"family_{column.name}") for column in family_table.c),
        *(column.label(f"token_{column.name}") for column in table.c),
        client.c.client_id,
    )
    .join(family_table, family_table.c.user_row_id == shadow_user.c.id)
    .join(table, table.c.family_row_id == family_table.c.id)
    .join(client, client.c.id == family_table.c.client_row_id)
    .outerjoin(_source, _source.c.id == family_table.c.source_row_id)
    .outerjoin(user_session, user_session.c.id == family_table.c.source_row_id)
    .where(
        table.c.lookup == bindparam("lookup"),
        # A derived family ends with its source, also if that was deleted with its client.
        family_table.c.source_row_id.is_(None)
        | _source.c.id.is_not(None)
        | user_session.c.id.is_not(None),
    )
)

_SOURCE = union_all(
    select(family_table.c.session_row_id, family_table.c.expires_at).where(
        family_table.c.id == bindparam("row_id")
    ),
    select(user_session.c.id, user_session.c.expires_at).where(
        user_session.c.id == bindparam("row_id")
    ),
)

_MAX_DELETED = 100
"""At once, of a family from before the limit."""

_GENERATION = (
    select(credential.c.generation)
    .where(credential.c.id == bindparam("row_id"))
    .with_for_update(read=True)
)

_USE = (
    update(family_table)
    .where(family_table.c.id == bindparam("family_row_id"))
    .values(last_used_at=bindparam("used_at"))
)


class RefreshTokenTable:
    """Reads and writes refresh tokens within a transaction."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        """``keys`` digest the tokens and derive their successors."""
        self._connection = connection
        self._keys = keys

    def find(self, value: Opaque) -> RefreshToken | None:
        """Return the token, None if it is unknown, ended, or was stored for another owner."""
        row = self._connection.execute(_BY_LOOKUP, {"lookup": value.lookup}).one_or_none()
        if row is None:
            return None
        family = _family_of(row)
        key_id = row.token_digest_key_id
        if not value.matches(row.token_digest, key_id, self._keys, _KIND, *_owner(family)):
            return None
        return RefreshToken(row.token_id, family, key_id, row.token_replaced_at)

    def is_current(self, authenticated: AuthenticatedClient) -> bool:
        """Return whether the credential exists in the generation that was authenticated.

        It is locked until the commit: a concurrent revocation ends what this transaction starts.
        """
        row_id = authenticated.credential_id
        generation = self._connection.execute(_GENERATION, {"row_id": row_id}).scalar_one_or_none()
        return generation is not None and any(
            authenticated.revocation_signature
            == revocation_signature(key.secret, row_id, generation)
            for key in self._keys.digest_keys()
        )

    def source(self, row_id: int) -> Source | None:
        """Return the family or session with this row id, None if it has ended."""
        row = self._connection.execute(_SOURCE, {"row_id": row_id}).one_or_none()
        return None if row is None else Source(row.session_row_id, row.expires_at)

    def add(self, family: RefreshFamily, value: Opaque) -> None:
        """Insert a family with its first token."""
        self._connection.execute(
            insert(family_table).values(
                id=family.row_id,
                user_row_id=family.user.row_id,
                client_row_id=family.client_row_id,
                auth_time=family.auth_time,
                amr=words_text(family.amr),
                token_epoch=family.token_epoch,
                grant_type=family.grant_type,
                scopes=words_text(family.scopes),
                session_row_id=family.session_row_id,
                source_row_id=family.source_row_id,
                credential_row_id=family.credential_row_id,
                created_at=family.created_at,
                expires_at=family.expires_at,
            )
        )
        self._add_token(family, value, family.created_at)

    def use(self, token: RefreshToken, now: datetime) -> bool:
        """Record the use; return False if the family has ended meanwhile."""
        values = {"family_row_id": token.family.row_id, "used_at": now}
        return self._connection.execute(_USE, values).rowcount > 0

    def replace(self, token: RefreshToken, value: Opaque, now: datetime) -> Opaque | None:
        """Return the successor of ``token``, of which ``value`` is the text.

        It is the same one for each call. Return None if the family has ended meanwhile.
        """
        if not self.use(token, now):
            return None
        successor = value.successor(self._keys.digest_key(token.digest_key_id), _successor)
        # The lock on the family serialises requests with the same token.
        first = self._connection.execute(
            update(table)
            .where(table.c.id == token.row_id, table.c.replaced_at.is_(None))
            .values(replaced_at=now)
        )
        if first.rowcount:
            self._add_token(token.family, successor, now)
            self._delete_old(token.family)
        return successor

    def _delete_old(self, family: RefreshFamily) -> None:
        """Delete the oldest tokens of a family that has too many."""
        oldest = (
            select(table.c.id)
            .where(table.c.family_row_id == family.row_id)
            .order_by(table.c.created_at.desc(), table.c.id.desc())
            .limit(_MAX_DELETED)
            .offset(MAX_TOKENS)
        )
        if ids := self._connection.execute(oldest).scalars().all():
            self._connection.execute(delete(table).where(table.c.id.in_(ids)))

    def is_newest(self, family: RefreshFamily) -> bool:
        """Return whether the user has no newer family at the client."""
        newest = (
            select(family_table.c.id)
            .where(*_of(family.user.row_id, family.client_row_id))
            .order_by(family_table.c.created_at.desc(), family_table.c.id.desc())
            .limit(1)
        )
        return self._connection.execute(newest).scalar() == family.row_id

    def end(self, family_row_id: int) -> bool:
        """Delete the family and all that derive from it; return whether it existed."""
        return self._end(family_table.c.id == family_row_id) > 0

    def end_of(self, user_row_id: int, client_row_id: int) -> int:
        """Delete the user's families at the client, and what derives; return how many."""
        return self._end(*_of(user_row_id, client_row_id))

    def keep_newest(self, user_row_id: int, client_row_id: int, count: int) -> None:
        """End the user's families at the client except the ``count`` last used ones.

        Families that derive from exchanges end before all others.
        """
        of_both = _of(user_row_id, client_row_id)
        found = self._connection.execute(select(func.count()).where(*of_both)).scalar_one()
        if found <= count:
            return
        used_at = func.coalesce(family_table.c.last_used_at, family_table.c.created_at)
        is_direct = family_table.c.source_row_id.is_(None)
        order = is_direct.desc(), used_at.desc()
        kept = select(family_table.c.id).where(*of_both).order_by(*order).limit(count)
        self._end(*of_both, family_table.c.id.not_in(kept))

    def _add_token(self, family: RefreshFamily, value: Opaque, now: datetime) -> None:
        key = self._keys.newest_digest_key()
        self._connection.execute(
            insert(table).values(
                id=new_row_id(),
                family_row_id=family.row_id,
                lookup=value.lookup,
                digest=value.digest(key, _KIND, *_owner(family)),
                digest_key_id=key.id,
                created_at=now,
            )
        )

    def _end(self, *which: ColumnElement[bool]) -> int:
        return end_families(self._connection, *which)


def end_families(connection: Connection, *which: ColumnElement[bool]) -> int:
    """Delete these families and all that derive from them; return how many (D-44)."""
    ended = select(family_table.c.id).where(*which).cte("ended", recursive=True)
    derived = family_table.alias("derived")
    ended = ended.union(select(derived.c.id).join(ended, derived.c.source_row_id == ended.c.id))
    deletion = delete(family_table).where(family_table.c.id.in_(select(ended.c.id)))
    # SQLite reports no row count for a statement that begins with WITH.
    return len(connection.execute(deletion.returning(family_table.c.id)).all())


def _of(user_row_id: int, client_row_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        family_table.c.client_row_id == client_row_id,
        family_table.c.user_row_id == user_row_id,
    )


def _owner(family: RefreshFamily) -> tuple[str | int, ...]:
    """Return the ids to which a token's digest is bound (D-52)."""
    user = family.user
    return family.row_id, family.client_row_id, family.client_id, user.user_id, user.zone.guid


def _family_of(row: Row[*tuple[Any, ...]]) -> RefreshFamily:
    return RefreshFamily(
        row_id=row.family_id,
        user=user_of(row),
        client_row_id=row.family_client_row_id,
        client_id=row.client_id,
        grant_type=row.family_grant_type,
        scopes=from_scopes_text(row.family_scopes),
        auth_time=row.family_auth_time,
        amr=tuple(row.family_amr.split()),
        token_epoch=row.family_token_epoch,
        credential_row_id=row.family_credential_row_id,
        created_at=row.family_created_at,
        expires_at=row.family_expires_at,
        session_row_id=row.family_session_row_id,
        source_row_id=row.family_source_row_id,
    )
