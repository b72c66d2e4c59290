"""Names of deleted applications, held for their space (D-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, exists, false, insert, or_, select, update

from broker.audit.event import Action
from broker.descriptor.declarations import Usage
from broker.store.database.deferred import execute_later
from broker.store.tables.core import audit_event, client
from broker.store.tables.declared import application_reference
from broker.store.tables.declared import held_name as table

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.identity.client import Client
    from broker.instances.model import Instance

# Built once: building a statement takes longer than executing it.
_MARK_ONE = (
    update(client)
    .where(client.c.id == bindparam("client_row_id"), client.c.holds_name == false())
    .values(holds_name=True)
)
_GRANTS = (Usage.GRANTED_APPS, Usage.GRANT_AS_AUTHORITY)

_OWNER, _TARGET = application_reference.c.client_row_id, application_reference.c.target_row_id
_IS_TO_EVERY_APPLICATION = and_(
    application_reference.c.app_id == "", application_reference.c.service_instance == ""
)
_SIDES = select(_OWNER, _TARGET).where(
    application_reference.c.usage.in_(_GRANTS),
    or_(bindparam("of_row") == _OWNER, bindparam("of_row") == _TARGET),
    or_(_TARGET.is_not(None), _IS_TO_EVERY_APPLICATION),
    _TARGET.is_distinct_from(_OWNER),
)
_HELD = select(table.c.until).where(
    table.c.app_id == bindparam("app_id"),
    table.c.space != bindparam("space"),
    table.c.until > bindparam("now"),
)


class HeldNameTable:
    """Holds names for a limited time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, oauth_client: Client) -> None:
        """Record that the client's application id is held after its deletion (D-55)."""
        execute_later(self._connection, _MARK_ONE, {"client_row_id": oauth_client.row_id})

    def mark_all(self) -> None:
        """Mark every client."""
        execute_later(
            self._connection,
            update(client).where(client.c.holds_name == false()).values(holds_name=True),
        )

    def mark_granted(self, oauth_client: Client) -> None:
        """Mark the client if it grants a scope or is granted one, and the other side of each grant.

        Tokens of the other side may contain the client's scopes. The caller holds the locks of the
        zones, so that no grant is added before its commit.
        """
        rows = self._connection.execute(_SIDES, {"of_row": oauth_client.row_id})
        self._mark({row_id for row in rows for row_id in row if row_id is not None})

    def is_marked(self, instance: Instance) -> bool:
        """Return whether the instance's application id must be held; lock the client's row.

        A bind by an older version, during a rolling upgrade, marks nothing but leaves an event.
        """
        bound = exists().where(
            audit_event.c.instance_id == instance.instance_id,
            audit_event.c.at >= instance.created_at,
            audit_event.c.action == Action.BIND,
        )
        return self._connection.execute(
            # Waits for an instance of another zone that a pending grant is being pinned to.
            select(or_(client.c.holds_name, bound))
            .where(client.c.id == instance.client.row_id)
            .with_for_update(of=client)
        ).scalar_one()

    def _mark(self, row_ids: Collection[int]) -> None:
        if row_ids:
            execute_later(
                self._connection,
                update(client)
                .where(client.c.id.in_(sorted(row_ids)), client.c.holds_name == false())
                .values(holds_name=True),
            )

    def hold(self, app_id: str, space: str, now: datetime, until: datetime) -> None:
        """Hold the name for the space until ``until``; delete expired names."""
        execute_later(
            self._connection,
            delete(table).where((table.c.until <= now) | (table.c.app_id == app_id)),
        )
        execute_later(
            self._connection, insert(table).values(app_id=app_id, space=space, until=until)
        )

    def held_from(self, app_id: str, space: str, now: datetime) -> datetime | None:
        """Return until when another space holds the name, None if none does."""
        of = {"app_id": app_id, "space": space, "now": now}
        return self._connection.execute(_HELD, of).scalar_one_or_none()

    def release(self, app_id: str) -> bool:
        """Release the name for every space; return whether it was held."""
        return self._connection.execute(delete(table).where(table.c.app_id == app_id)).rowcount > 0
