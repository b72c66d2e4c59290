"""Role collections of users in the database (I-161)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_, select, update

from broker.authorization.collections.built_in import built_in_application
from broker.authorization.collections.model import Assignment, RoleCollection
from broker.authorization.decision.decide import is_provided
from broker.ids import new_row_id
from broker.store.authorization.collections.declared import hold_names
from broker.store.database.engine import database_time, is_in_transaction
from broker.store.identity.users import OF_PROVIDER, PROVIDER_IS_ACTIVE
from broker.store.tables.assignments import role_assignment as table
from broker.store.tables.assignments import role_mapping
from broker.store.tables.core import client, zone
from broker.store.tables.declared import role, role_collection, role_collection_role, role_template
from broker.store.tables.identity import identity_provider, shadow_user

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from broker.identity.user import User
    from broker.identity.zone import Zone

_ASSIGNMENTS = (
    select(
        table.c.created_by,
        table.c.created_at,
        table.c.expires_at,
        table.c.note,
        role_collection.c.name.label("collection"),
        shadow_user.c.user_id,
        shadow_user.c.origin,
        shadow_user.c.name,
    )
    .join(role_collection, role_collection.c.id == table.c.role_collection_row_id)
    .join(shadow_user, shadow_user.c.id == table.c.user_row_id)
    .order_by(role_collection.c.name, shadow_user.c.origin, shadow_user.c.folded_name)
)


class AssignmentTable:
    """Reads and writes assignments; each change advances the user's roles epoch (I-143)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, user: User, collection: RoleCollection, assignment: Assignment) -> None:
        """Store the assignment; one that exists keeps its creation and gets expiry and note."""
        ends = {"expires_at": assignment.expires_at, "note": assignment.note}
        changed = self._connection.execute(
            update(table).where(*_pair(user, collection)).values(**ends)
        ).rowcount
        if not changed:
            self._connection.execute(
                insert(table).values(
                    id=new_row_id(),
                    user_row_id=user.row_id,
                    role_collection_row_id=collection.row_id,
                    created_by=assignment.created_by,
                    created_at=assignment.created_at,
                    **ends,
                )
            )
            hold_names(self._connection, collection.row_id)
        self._advance(user)

    def remove(self, user: User, collection: RoleCollection) -> bool:
        """Delete the assignment; return whether it existed."""
        removed = self._connection.execute(delete(table).where(*_pair(user, collection))).rowcount
        if removed:
            self._advance(user)
        return removed > 0

    def find(self, user: User, collection: RoleCollection) -> Assignment | None:
        """Return the assignment."""
        return next(iter(self._read(_ASSIGNMENTS.where(*_pair(user, collection)))), None)

    def of_user(self, user: User) -> Sequence[Assignment]:
        """Return the user's assignments, expired ones included."""
        return self._read(_ASSIGNMENTS.where(table.c.user_row_id == user.row_id))

    def of_collection(self, collection: RoleCollection) -> Sequence[Assignment]:
        """Return the collection's assignments, expired ones included."""
        return self._read(_ASSIGNMENTS.where(table.c.role_collection_row_id == collection.row_id))

    def has_administrator(self, zone_: Zone, now: datetime | None = None) -> bool:
        """Return whether a user who can log on holds the administrator's role; lock the zone.

        The lock lasts until the commit, so that two changes cannot both leave the zone without
        administrator. ``now`` is the database's time by default.
        """
        return bool(self._administrators(zone_, now))

    def is_last_administrator(self, user: User, now: datetime | None = None) -> bool:
        """Return whether no other active user is an administrator of the user's zone (I-160).

        It locks the zone as ``has_administrator`` does, within a transaction.
        """
        return self._administrators(user.zone, now).keys() == {user.row_id}

    def administrators_are_of(self, zone_: Zone, origin: str) -> bool:
        """Return whether users of this origin are the zone's only administrators."""
        return set(self._administrators(zone_, None).values()) == {origin}

    def holds_built_in_role(self, user: User) -> bool:
        """Return whether an assignment or mapping gives the user a built-in role (D-38)."""
        query = _holders(_of_built_in(user.zone)).where(table.c.user_row_id == user.row_id)
        if self._connection.execute(query).first() is not None:
            return True
        if user.snapshot is None:
            return False
        mapped = self._connection.execute(_mapped_to_built_in(user.zone, user.origin))
        return any(is_provided(user.snapshot, (attribute, value)) for attribute, value in mapped)

    def origin_has_built_in_role(self, zone_: Zone, origin: str) -> bool:
        """Return whether a user or a mapping of the origin has a built-in role (D-47)."""
        held = _holders(_of_built_in(zone_)).where(
            shadow_user.c.zone_row_id == zone_.row_id, shadow_user.c.origin == origin
        )
        queries = (held.limit(1), _mapped_to_built_in(zone_, origin).limit(1))
        return any(self._connection.execute(each).first() is not None for each in queries)

    def _administrators(self, zone_: Zone, now: datetime | None) -> dict[int, str]:
        """Return the origins of the administrators by row id."""
        if is_in_transaction(self._connection):
            # An update without effect: SQLite has no row locks for a query.
            self._connection.execute(
                update(zone).where(zone.c.id == zone_.row_id).values(roles_epoch=zone.c.roles_epoch)
            )
        application = built_in_application(zone_)
        at = now or database_time(self._connection)
        holders = _holders(
            (client.c.app_id == application.app_id)
            & (role_template.c.name == application.administrators)
        )
        holders = holders.add_columns(shadow_user.c.origin)
        query = holders.outerjoin(identity_provider, OF_PROVIDER).where(
            shadow_user.c.zone_row_id == zone_.row_id,
            shadow_user.c.is_active,
            PROVIDER_IS_ACTIVE,
            or_(table.c.expires_at.is_(None), table.c.expires_at > at),
        )
        return {row.user_row_id: row.origin for row in self._connection.execute(query)}

    def _advance(self, user: User) -> None:
        self._connection.execute(
            update(shadow_user)
            .where(shadow_user.c.id == user.row_id)
            .values(roles_epoch=shadow_user.c.roles_epoch + 1)
        )

    def _read(self, query: Select[*tuple[Any, ...]]) -> list[Assignment]:
        return [
            Assignment(
                row.collection,
                row.user_id,
                row.origin,
                row.name,
                row.created_by,
                row.created_at,
                row.expires_at,
                row.note,
            )
            for row in self._connection.execute(query)
        ]


def _pair(user: User, collection: RoleCollection) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.user_row_id == user.row_id,
        table.c.role_collection_row_id == collection.row_id,
    )


def _of_built_in(zone_: Zone) -> ColumnElement[bool]:
    return client.c.app_id == built_in_application(zone_).app_id


def _mapped_to_built_in(zone_: Zone, origin: str) -> Select[str, str]:
    """Return attributes and values that give users of the origin a built-in role."""
    return (
        select(role_mapping.c.attribute, role_mapping.c.value)
        .distinct()
        .join(
            role_collection_role,
            role_collection_role.c.role_collection_row_id == role_mapping.c.role_collection_row_id,
        )
        .join(role, role.c.id == role_collection_role.c.role_row_id)
        .join(role_template, role_template.c.id == role.c.role_template_row_id)
        .join(client, client.c.id == role_template.c.client_row_id)
        .where(_of_built_in(zone_), role_mapping.c.origin == origin)
    )


def _holders(of_template: ColumnElement[bool]) -> Select[int]:
    """Return the row ids of users with an assigned role of these templates."""
    return (
        select(table.c.user_row_id)
        .join(shadow_user, shadow_user.c.id == table.c.user_row_id)
        .join(
            role_collection_role,
            role_collection_role.c.role_collection_row_id == table.c.role_collection_row_id,
        )
        .join(role, role.c.id == role_collection_role.c.role_row_id)
        .join(role_template, role_template.c.id == role.c.role_template_row_id)
        .join(client, client.c.id == role_template.c.client_row_id)
        .where(of_template)
    )
