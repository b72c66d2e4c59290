"""Lists of service instances with the last use of their credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, or_, select

from broker.lifecycle.overview.model import ListedInstance, RecentUse
from broker.store.database.columns import from_types_text
from broker.store.reports.credential_rows import IS_INSTANCE_SECRET, IS_USAGE, USED_AT
from broker.store.tables.collation import ascii_lower
from broker.store.tables.core import client, credential, service_binding, service_instance, zone
from broker.store.tables.usage import credential_usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from broker.identity.zone import Zone
    from broker.lifecycle.overview.model import InstancePage


class InstanceLists:
    """Reads lists of instances."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def listed(
        self, zone_: Zone | None, page: InstancePage
    ) -> tuple[Sequence[ListedInstance], int]:
        """Return the page of a zone's instances, or of all, and how many there are."""
        found = (
            select(
                service_instance.c.id,
                *(service_instance.c[name] for name in ("instance_id", "name", "plan", "platform")),
                *(service_instance.c[name] for name in ("created_at", "updated_at")),
                service_instance.c.client_row_id,
                client.c.app_id,
                client.c.credential_types,
                zone.c.subdomain,
            )
            .join(client, client.c.id == service_instance.c.client_row_id)
            .join(zone, zone.c.id == client.c.zone_row_id)
        )
        if zone_ is not None:
            found = found.where(client.c.zone_row_id == zone_.row_id)
        if page.search:
            texts = (client.c.app_id, service_instance.c.name, service_instance.c.instance_id)
            found = found.where(
                or_(*(ascii_lower(each).contains(page.search, autoescape=True) for each in texts))
            )
        if page.type:
            types = literal(",") + client.c.credential_types + literal(",")
            found = found.where(types.contains(f",{page.type},", autoescape=True))
        counted = select(func.count()).select_from(found.subquery())
        total = self._connection.execute(counted).scalar_one()
        part = (
            found.order_by(*_order(page, service_instance.c.created_at, client.c.app_id))
            .offset(page.offset)
            .limit(page.limit)
            .subquery()
        )
        # Computed for the page only.
        bindings = select(func.count()).where(service_binding.c.instance_row_id == part.c.id)
        of_client = credential.c.client_row_id == part.c.client_row_id
        used = select(func.max(USED_AT)).select_from(credential).join(credential_usage, IS_USAGE)
        expires = select(func.min(credential.c.not_after)).where(of_client)
        rows = self._connection.execute(
            select(
                part,
                bindings.scalar_subquery().label("bindings"),
                used.where(of_client).scalar_subquery().label("used_at"),
                used.where(of_client, IS_INSTANCE_SECRET).scalar_subquery().label("secret_used"),
                expires.scalar_subquery().label("expires_at"),
            ).order_by(*_order(page, part.c.created_at, part.c.app_id))
        )
        return [_listed(row) for row in rows], total

    def used_since(self, since: datetime, offset: int, limit: int) -> Sequence[RecentUse]:
        """Return the instances of all zones with a use since then, the latest first."""
        used_at = func.max(USED_AT)
        rows = self._connection.execute(
            select(
                service_instance.c.instance_id,
                client.c.app_id,
                zone.c.subdomain,
                used_at.label("used_at"),
            )
            .select_from(credential)
            .join(credential_usage, IS_USAGE)
            .join(client, client.c.id == credential.c.client_row_id)
            .join(service_instance, service_instance.c.client_row_id == client.c.id)
            .join(zone, zone.c.id == client.c.zone_row_id)
            .where(since <= USED_AT)
            .group_by(service_instance.c.instance_id, client.c.app_id, zone.c.subdomain)
            .order_by(used_at.desc(), client.c.app_id)
            .offset(offset)
            .limit(limit)
        )
        return [RecentUse(*row) for row in rows]


def _order(page: InstancePage, created_at: Any, app_id: Any) -> tuple[Any, ...]:
    columns = (created_at, app_id) if page.by_creation else (app_id,)
    return tuple(each.desc() for each in columns) if page.is_descending else columns


def _listed(row: Row[*tuple[Any, ...]]) -> ListedInstance:
    return ListedInstance(
        instance_id=row.instance_id,
        name=row.name,
        app_id=row.app_id,
        plan=row.plan,
        platform=row.platform,
        zone=row.subdomain,
        types=from_types_text(row.credential_types),
        bindings=row.bindings,
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_used_at=row.used_at,
        secret_used_at=row.secret_used,
        expires_at=row.expires_at,
    )
