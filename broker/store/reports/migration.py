"""The data of the readiness of a zone, one statement each for any number of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, select, true

from broker.credentials.registry import SHARED_TYPES
from broker.lifecycle.overview.migration import (
    DailyCount,
    EndingCertificate,
    Facts,
    StoredFacts,
)
from broker.store.database.columns import credential_type, from_types_text
from broker.store.reports.credential_rows import IS_INSTANCE_SECRET, IS_USAGE, USED_AT
from broker.store.tables.core import client, credential, service_binding, service_instance
from broker.store.tables.usage import credential_daily_count, credential_usage, installation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from broker.identity.zone import Zone

_IS_OF_CLIENT = service_instance.c.client_row_id == client.c.id


class MigrationTable:
    """Reads what the readiness of zones follows from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def facts(self, zone: Zone) -> Sequence[StoredFacts]:
        """Return the instances by application id."""
        columns = service_binding.c
        shares = columns.credential_type.in_(SHARED_TYPES)
        counted = (
            select(
                columns.instance_row_id,
                func.count(case((shares, columns.app_guid))).label("apps"),
                func.count(case((shares, columns.id))).label("shared"),
                func.count().label("number"),
            )
            .join(service_instance, service_instance.c.id == columns.instance_row_id)
            .join(client, _IS_OF_CLIENT)
            .where(client.c.zone_row_id == zone.row_id)
            .group_by(columns.instance_row_id)
            .subquery()
        )
        rows = self._connection.execute(
            select(
                service_instance.c.instance_id,
                service_instance.c.name,
                client.c.app_id,
                client.c.credential_types,
                func.coalesce(counted.c.apps, 0).label("apps"),
                func.coalesce(counted.c.shared, 0).label("shared"),
                func.coalesce(counted.c.number, 0).label("number"),
                credential.c.id.label("secret"),
                USED_AT.label("used_at"),
                installation.c.usage_since,
            )
            .select_from(service_instance)
            .join(client, _IS_OF_CLIENT)
            .join(installation, true())
            .outerjoin(counted, counted.c.instance_row_id == service_instance.c.id)
            .outerjoin(credential, (credential.c.client_row_id == client.c.id) & IS_INSTANCE_SECRET)
            .outerjoin(credential_usage, IS_USAGE)
            .where(client.c.zone_row_id == zone.row_id)
            .order_by(client.c.app_id)
        )
        return [
            StoredFacts(
                row.instance_id,
                row.name,
                row.app_id,
                Facts(
                    from_types_text(row.credential_types),
                    row.apps,
                    row.shared - row.apps,
                    row.number - row.shared,
                    row.secret is not None,
                    row.used_at,
                ),
                row.usage_since,
            )
            for row in rows
        ]

    def counts(self, zone: Zone, since: date) -> Sequence[DailyCount]:
        """Return the numbers of credentials by day, oldest first."""
        table = credential_daily_count.c
        rows = self._connection.execute(
            select(table.day, table.type, table.credentials)
            .where(table.zone_row_id == zone.row_id, table.day > since)
            .order_by(table.day, table.type)
        )
        return [DailyCount(day, credential_type(type_), number) for day, type_, number in rows]

    def ending(self, zone: Zone, after: datetime, limit: int) -> Sequence[EndingCertificate]:
        """Return the bindings' certificates that end next after that time."""
        rows = self._connection.execute(
            select(
                service_instance.c.instance_id,
                client.c.app_id,
                service_binding.c.binding_id,
                credential.c.created_at,
                credential.c.not_after,
            )
            .select_from(credential)
            .join(client, credential.c.client_row_id == client.c.id)
            .join(service_instance, _IS_OF_CLIENT)
            .join(service_binding, service_binding.c.id == credential.c.binding_row_id)
            .where(client.c.zone_row_id == zone.row_id, credential.c.not_after > after)
            .order_by(credential.c.not_after, service_binding.c.id)
            .limit(limit)
        )
        return [EndingCertificate(*row) for row in rows]
