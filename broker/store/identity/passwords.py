"""Passwords of local users in the database, sealed with their owner (D-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from broker.errors import IntegrityViolated
from broker.identity.password import Password
from broker.identity.user import LOCAL_ORIGIN
from broker.store.database.columns import json_text, readable_json
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.sealing.places import password_place
from broker.store.tables.identity import shadow_user
from broker.store.tables.identity import user_password as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.store.sealing.sealed import Place, Sealer

_log = structlog.get_logger(__name__)

_COLUMNS = (
    table.c.sealed_hash,
    table.c.version.label("password_version"),
    table.c.changed_at,
    table.c.change_required,
)

# Built once: building a statement takes longer than executing it.
_FOR_LOGON = (
    USER_WITH_ZONE.add_columns(*_COLUMNS)
    .outerjoin(table, table.c.id == shadow_user.c.id)
    .where(
        shadow_user.c.zone_row_id == bindparam("zone_row_id"),
        shadow_user.c.origin == LOCAL_ORIGIN,
        shadow_user.c.folded_name == bindparam("folded_name"),
    )
)


class PasswordTable:
    """Reads and writes passwords within a transaction."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def of(self, user: User) -> Password | None:
        """Return the user's password, None without one; raise IntegrityViolated."""
        row = self._connection.execute(
            select(*_COLUMNS).where(table.c.id == user.row_id)
        ).one_or_none()
        return None if row is None else opened(row.sealed_hash, row, user, self._sealer)

    def for_logon(self, zone: Zone, folded_name: str) -> tuple[User, Password | None] | None:
        """Return the zone's local user of this folded name and its password, in one statement.

        A password that does not open is logged and reads as None: it permits no logon.
        """
        values = {"zone_row_id": zone.row_id, "folded_name": folded_name}
        row = self._connection.execute(_FOR_LOGON, values).one_or_none()
        if row is None:
            return None
        user = user_of(row)
        if row.sealed_hash is None:
            return user, None
        try:
            return user, opened(row.sealed_hash, row, user, self._sealer)
        except IntegrityViolated as error:
            _log.error("password cannot be used", user_id=user.user_id, reason=str(error))
            return user, None

    def put(self, user: User, phc: str, now: datetime, *, change_required: bool) -> None:
        """Store the hash as the user's only password; its version is raised."""
        values = {
            "sealed_hash": self._sealed(user, phc),
            "changed_at": now,
            "change_required": change_required,
        }
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        self._connection.execute(
            dialect.insert(table)
            .values(id=user.row_id, version=1, **values)
            .on_conflict_do_update(
                index_elements=[table.c.id], set_={"version": table.c.version + 1, **values}
            )
        )

    def rehash(self, user: User, password: Password, phc: str) -> None:
        """Replace the hash of an unchanged password by one with other parameters."""
        self._connection.execute(
            update(table)
            .where(table.c.id == user.row_id, table.c.version == password.version)
            .values(sealed_hash=self._sealed(user, phc))
        )

    def _sealed(self, user: User, phc: str) -> bytes:
        content = json_text({"hash": phc, **_owner(user)}).encode()
        return self._sealer.seal(content, _place(user))


def opened(envelope: bytes, row: Row[*tuple[Any, ...]], user: User, sealer: Sealer) -> Password:
    """Return the password in the envelope and row of the user; raise IntegrityViolated.

    The row id is in the envelope's place, the user in its content: neither a moved envelope nor
    a user row with another id, zone or origin opens.
    """
    content = readable_json(sealer.open(envelope, _place(user)).decode())
    owner = _owner(user)
    if not isinstance(content, dict) or any(content.get(key) != owner[key] for key in owner):
        raise IntegrityViolated(f"the password of user row {user.row_id} is of another user")
    return Password(
        str(content.get("hash")),
        row.password_version,
        row.changed_at,
        bool(row.change_required),
    )


def _owner(user: User) -> dict[str, str]:
    return {"user_id": user.user_id, "zone": user.zone.guid, "origin": user.origin}


def _place(user: User) -> Place:
    return password_place(user.row_id, user.user_id, user.zone.guid, user.origin)
