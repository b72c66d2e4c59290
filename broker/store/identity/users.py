"""Users in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, and_, bindparam, delete, func, insert, or_, select, update

from broker.identity.user import LOCAL_ORIGIN, Snapshot, User, folded, is_storable
from broker.identity.zone import Zone
from broker.store.database.columns import json_text, readable_json
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.database.held_statement import HeldStatement, UnreadableRow
from broker.store.identity.ended_logons import end_logons
from broker.store.tables.collation import by_code_points
from broker.store.tables.core import zone
from broker.store.tables.identity import identity_provider
from broker.store.tables.identity import shadow_user as table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from broker.identity.ended_logons import EndedLogons

OF_PROVIDER = and_(
    identity_provider.c.zone_row_id == table.c.zone_row_id,
    identity_provider.c.origin == table.c.origin,
)
"""The condition of an outer join of users with their identity providers."""

PROVIDER_IS_ACTIVE = or_(
    identity_provider.c.is_active,
    # The local store needs no row; any other origin without one is inactive.
    and_(identity_provider.c.id.is_(None), table.c.origin == LOCAL_ORIGIN),
)

USER_WITH_ZONE = (
    select(
        *table.c,
        zone.c.number.label("zone_number"),
        zone.c.guid.label("zone_guid"),
        zone.c.subdomain.label("zone_subdomain"),
        zone.c.grants_epoch.label("zone_grants_epoch"),
        zone.c.roles_epoch.label("zone_roles_epoch"),
        PROVIDER_IS_ACTIVE.label("provider_is_active"),
    )
    .join(zone, zone.c.id == table.c.zone_row_id)
    .outerjoin(identity_provider, OF_PROVIDER)
)
"""Users with their zones and the state of their providers; for ``user_of``."""

# Built once: building a statement takes longer than executing it.
_BY_USER_ID = USER_WITH_ZONE.where(table.c.user_id == bindparam("user_id"))
_BY_ROW_ID = USER_WITH_ZONE.where(table.c.id == bindparam("row_id"))
_BY_NAME = USER_WITH_ZONE.where(
    table.c.zone_row_id == bindparam("zone_row_id"),
    table.c.origin == bindparam("origin"),
    table.c.folded_name == bindparam("folded_name"),
)
_BY_EXTERNAL_ID = USER_WITH_ZONE.where(
    table.c.zone_row_id == bindparam("zone_row_id"),
    table.c.origin == bindparam("origin"),
    table.c.external_id == bindparam("external_id"),
)


_MAX_ORIGINS = 10


class UserTable:
    """Reads and writes users within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, user_id: str) -> User | None:
        """Return the user with this id, of any zone."""
        return self._one(_BY_USER_ID, user_id=user_id) if is_storable(user_id) else None

    def at(self, row_id: int) -> User | None:
        """Return the user with this row id."""
        return self._one(_BY_ROW_ID, row_id=row_id)

    def named(self, zone_: Zone, origin: str, name: str) -> User | None:
        """Return the zone's user of this origin whose name differs at most by case (I-02)."""
        if not is_storable(name, origin):
            return None
        return self._one(
            _BY_NAME, zone_row_id=zone_.row_id, origin=origin, folded_name=folded(name)
        )

    def origins_of(self, zone_: Zone, name: str) -> Sequence[str]:
        """Return the origins of the zone's users of this name, at most ten."""
        if not is_storable(name):
            return []
        query = select(table.c.origin).where(
            table.c.zone_row_id == zone_.row_id, by_code_points(table.c.folded_name) == folded(name)
        )
        rows = self._connection.execute(query.order_by(table.c.origin).limit(_MAX_ORIGINS))
        return rows.scalars().all()

    def with_external_id(self, zone_: Zone, origin: str, external_id: str) -> User | None:
        """Return the zone's user of this origin and provider's ``sub`` (I-04)."""
        if not is_storable(external_id, origin):
            return None
        return self._one(
            _BY_EXTERNAL_ID, zone_row_id=zone_.row_id, origin=origin, external_id=external_id
        )

    def for_change(self, user: User) -> User | None:
        """Return the user as it is now, locked until the commit; None if it was deleted."""
        # Of an outer join only the inner table can be locked.
        return self._one(_BY_ROW_ID.with_for_update(of=table), row_id=user.row_id)

    def has_provider(self, zone_: Zone, origin: str) -> bool:
        """Return whether the zone has this identity provider; the local store needs no record."""
        matches = identity_provider.c.zone_row_id == zone_.row_id
        query = select(identity_provider.c.id).where(matches, identity_provider.c.origin == origin)
        return origin == LOCAL_ORIGIN or self._connection.execute(query).first() is not None

    def add(self, user: User) -> None:
        """Insert the user; raise a fault if its zone has the name or external id already."""
        self._connection.execute(
            insert(table).values(
                id=user.row_id,
                zone_row_id=user.zone.row_id,
                user_id=user.user_id,
                origin=user.origin,
                created_at=user.created_at,
                token_epoch=user.token_epoch,
                roles_epoch=user.roles_epoch,
                **changeable(user),
            )
        )

    def change(self, user: User) -> None:
        """Store the user's attributes; the epochs are changed by other methods only."""
        self._connection.execute(
            update(table).where(table.c.id == user.row_id).values(**changeable(user))
        )

    def record_logon(self, user: User, now: datetime) -> bool:
        """Store the time of a logon; the last one becomes the previous one.

        Return False if the user was deleted or ended since ``user`` was read (I-09).
        """
        recorded = self._connection.execute(
            update(table)
            .where(table.c.id == user.row_id, table.c.token_epoch == user.token_epoch)
            .values(previous_logon_at=table.c.last_logon_at, last_logon_at=now)
        )
        return recorded.rowcount > 0

    def roles_changed(self, user: User) -> None:
        """Raise the user's roles epoch, which invalidates cached rights (I-143)."""
        self._connection.execute(
            update(table)
            .where(table.c.id == user.row_id)
            .values(roles_epoch=table.c.roles_epoch + 1)
        )

    def end_all(self, user: User, now: datetime) -> EndedLogons:
        """End the user's sessions, codes, tokens, passcode and password links; return how many.

        Raises the user's token epoch, which ends its access tokens (I-09, D-59).
        """
        return end_logons(self._connection, now, user.row_id)

    def remove(self, user: User) -> None:
        """Delete the user with everything that belongs to it (I-10)."""
        self._connection.execute(delete(table).where(table.c.id == user.row_id))

    def count_of_origin(self, zone_: Zone, origin: str) -> int:
        """Return the number of the zone's users of this origin."""
        query = select(func.count()).where(*_of_origin(zone_, origin))
        return int(self._connection.execute(query).scalar_one())

    def has_of_origin(self, zone_: Zone, origin: str) -> bool:
        """Return whether the zone has a user of this origin."""
        query = select(table.c.id).where(*_of_origin(zone_, origin)).limit(1)
        return self._connection.execute(query).first() is not None

    def remove_of_origin(self, zone_: Zone, origin: str) -> int:
        """Delete the zone's users of this origin (I-46); return how many."""
        return self._connection.execute(delete(table).where(*_of_origin(zone_, origin))).rowcount

    def _one(self, query: Any, **values: object) -> User | None:
        row = self._connection.execute(query, values).one_or_none()
        return None if row is None else user_of(row)


class StoredUsers:
    """Looks up users, always as currently committed."""

    def __init__(self, engine: Engine) -> None:
        """``engine``: ``find`` uses a persistent connection outside of its pool."""
        self._engine = engine.execution_options(**READ_OPTIONS)
        self._by_user_id = HeldStatement(engine, _BY_USER_ID)

    def find(self, user_id: str) -> User | None:
        """Return the user with this id, of any zone; exactly one statement.

        None for an unreadable row, too.
        """
        rows = self._by_user_id.rows(user_id=user_id) if is_storable(user_id) else []
        return user_of(rows[0]) if rows and not isinstance(rows[0], UnreadableRow) else None

    def named(self, zone_: Zone, origin: str, name: str) -> User | None:
        """Return the zone's user of this origin and name; exactly one statement."""
        with translating(), self._engine.connect() as connection:
            return UserTable(connection).named(zone_, origin, name)


def _of_origin(zone_: Zone, origin: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.zone_row_id == zone_.row_id, table.c.origin == origin


def changeable(user: User) -> dict[str, Any]:
    """Return the columns that change after the insert, except the epochs."""
    snapshot = user.snapshot
    return {
        "name": user.name,
        "folded_name": folded(user.name),
        "external_id": user.external_id,
        "email": user.email,
        "email_verified": user.email_verified,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "phone": user.phone,
        "user_uuid": user.user_uuid,
        "locale": user.locale,
        "is_active": user.is_active,
        "updated_at": user.updated_at,
        "version": user.version,
        "last_logon_at": user.last_logon_at,
        "previous_logon_at": user.previous_logon_at,
        "snapshot": snapshot and _snapshot_text(snapshot),
        "snapshot_at": snapshot and snapshot.taken_at,
    }


def user_of(row: Any) -> User:
    """Return the user in a row of ``USER_WITH_ZONE``."""
    return User(
        row_id=row.id,
        zone=Zone(
            row.zone_row_id,
            row.zone_number,
            row.zone_guid,
            row.zone_subdomain,
            row.zone_grants_epoch,
        ),
        user_id=row.user_id,
        origin=row.origin,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        external_id=row.external_id,
        email=row.email,
        email_verified=row.email_verified,
        given_name=row.given_name,
        family_name=row.family_name,
        phone=row.phone,
        user_uuid=row.user_uuid,
        locale=row.locale,
        is_active=row.is_active,
        version=row.version,
        last_logon_at=row.last_logon_at,
        previous_logon_at=row.previous_logon_at,
        snapshot=_snapshot_of(row),
        token_epoch=row.token_epoch,
        roles_epoch=row.roles_epoch,
        provider_is_active=bool(row.provider_is_active),
        zone_roles_epoch=row.zone_roles_epoch,
    )


def _snapshot_of(row: Any) -> Snapshot | None:
    content = readable_json(row.snapshot) if row.snapshot and row.snapshot_at else None
    if not isinstance(content, dict):
        return None
    attributes = content.get("attributes", {}).items()
    return Snapshot(
        tuple(content.get("groups", ())),
        {name: tuple(values) for name, values in attributes},
        row.snapshot_at,
        is_incomplete=content.get("incomplete") is True,
    )


def _snapshot_text(snapshot: Snapshot) -> str:
    content = {"groups": snapshot.groups, "attributes": dict(snapshot.attributes)}
    return json_text({**content, "incomplete": True} if snapshot.is_incomplete else content)
