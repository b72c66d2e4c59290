"""Users of providers who have not logged on for long, in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from broker.store.database.columns import readable_json
from broker.store.identity.users import USER_WITH_ZONE, user_of
from broker.store.tables.assignments import role_assignment
from broker.store.tables.identity import identity_provider, shadow_user
from broker.store.tables.user_grants import refresh_family, user_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from broker.identity.user import User


class UnusedUserTable:
    """Finds such users within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def origins(self) -> Sequence[tuple[int, str]]:
        """Return the zone's row id and the origin of each provider whose logons create users."""
        columns = identity_provider.c
        rows = self._connection.execute(
            select(columns.zone_row_id, columns.origin, columns.configuration)
            .where(columns.issuer.is_not(None))
            .order_by(columns.id)
        )
        return [
            (row.zone_row_id, row.origin)
            for row in rows
            # A damaged configuration creates no users.
            if isinstance(found := readable_json(row.configuration), dict)
            and found.get("addShadowUserOnLogin", True) is True
        ]

    def some(
        self, origin: tuple[int, str], before: datetime, now: datetime, limit: int
    ) -> Sequence[User]:
        """Return unused users of the origin, locked until the commit."""
        unused = _unused(origin, before, now)
        locked = list(
            self._connection.execute(
                select(shadow_user.c.id)
                .where(*unused)
                .order_by(shadow_user.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).scalars()
        )
        # Again, because an assignment may have been committed before the lock was acquired.
        query = USER_WITH_ZONE.where(shadow_user.c.id.in_(locked), *unused)
        return [user_of(row) for row in self._connection.execute(query)] if locked else []


def _unused(
    origin: tuple[int, str], before: datetime, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    zone_row_id, name = origin
    user = shadow_user.c
    return (
        user.zone_row_id == zone_row_id,
        user.origin == name,
        # A deactivated user must stay known, and one that never logged on was made on purpose.
        user.is_active,
        user.external_id.is_not(None),
        user.last_logon_at < before,
        ~exists().where(role_assignment.c.user_row_id == user.id),
        ~exists().where(refresh_family.c.user_row_id == user.id, refresh_family.c.expires_at > now),
        ~exists().where(user_session.c.user_row_id == user.id, user_session.c.expires_at > now),
    )
