"""The list of zones with the numbers of their instances and users, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from broker.authorization.views.zones import ZoneSummary
from broker.identity.zone import ANY_PLATFORM, OPERATOR_INDEX
from broker.store.tables.core import client, service_instance, zone
from broker.store.tables.identity import shadow_user
from broker.store.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_INSTANCES = (
    select(func.count())
    .select_from(service_instance)
    .join(client, client.c.id == service_instance.c.client_row_id)
    .where(client.c.zone_row_id == zone.c.id)
    .scalar_subquery()
)
_USERS = (
    select(func.count())
    .select_from(shadow_user)
    .where(shadow_user.c.zone_row_id == zone.c.id)
    .scalar_subquery()
)
_ZONES = select(zone, _INSTANCES.label("instances"), _USERS.label("users")).where(
    zone.c.number != OPERATOR_INDEX
)


class ZoneListTable:
    """Lists zones within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, text: str, *, descending: bool, skip: int, limit: int) -> Sequence[ZoneSummary]:
        """Return zones whose name or GUID contains the text, by name."""
        query = _ZONES
        if text:
            query = query.where(
                or_(
                    zone.c.subdomain.contains(text, autoescape=True),
                    zone.c.guid.contains(text, autoescape=True),
                )
            )
        order = zone.c.subdomain.desc() if descending else zone.c.subdomain
        rows = self._connection.execute(query.order_by(order).offset(skip).limit(limit))
        return [
            ZoneSummary(
                zone_of(row),
                "" if row.platform == ANY_PLATFORM else row.platform,
                row.instances,
                row.users,
            )
            for row in rows
        ]
