"""Overviews of service instances with their credentials, in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, or_, select, true

from broker.credentials.readiness import DayOfUse, HeldBinding
from broker.credentials.registry import SHARED_TYPES, is_shared
from broker.lifecycle.overview.model import HeldCredentials, ListedInstance, RecentUse, TypeCount
from broker.store.database.columns import credential_type, from_types_text
from broker.store.reports.credential_rows import IS_USAGE, USE_COLUMNS, USED_AT, use_of
from broker.store.tables.collation import ascii_lower
from broker.store.tables.core import (
    UtcDateTime,
    client,
    credential,
    service_binding,
    service_instance,
    zone,
)
from broker.store.tables.usage import credential_daily_use, credential_usage, installation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from broker.credentials.readiness import CredentialUse
    from broker.identity.zone import Zone
    from broker.instances.model import Instance
    from broker.lifecycle.overview.model import BindingPage, InstancePage

_is_own = credential.c.binding_row_id == service_binding.c.id
_is_instance_secret = credential.c.binding_row_id.is_(None)


class OverviewTable:
    """Reads credentials with their use."""

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
                used.where(of_client, _is_instance_secret).scalar_subquery().label("secret_used"),
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
            .where(USED_AT >= since)
            .group_by(service_instance.c.instance_id, client.c.app_id, zone.c.subdomain)
            .order_by(used_at.desc(), client.c.app_id)
            .offset(offset)
            .limit(limit)
        )
        return [RecentUse(*row) for row in rows]

    def secret(self, instance: Instance) -> CredentialUse | None:
        """Return the instance secret without its days of use."""
        return self._secret_and_counts(instance)[2]

    def of(self, instance: Instance, page: BindingPage, today: date) -> HeldCredentials:
        """Return the instance's credentials; at most four statements."""
        since, secret_row_id, secret, counts = self._secret_and_counts(instance)
        used_at = secret.used_at if secret else None
        rows = self._connection.execute(_page(instance, page, used_at)).all() if page.limit else []
        row_ids = [row.credential_row_id for row in rows if row.credential_row_id is not None]
        if secret_row_id is not None:
            row_ids.append(secret_row_id)
        days = self._days(row_ids, today - timedelta(days=page.days))
        if secret is not None and secret_row_id is not None:
            secret = replace(secret, days=days.get(secret_row_id, ()))
        return HeldCredentials(
            counted_since=since,
            secret=secret,
            types=counts,
            bindings=[_binding(row, days) for row in rows],
            total=self._total(instance, page, counts),
        )

    def _secret_and_counts(
        self, instance: Instance
    ) -> tuple[datetime, int | None, CredentialUse | None, list[TypeCount]]:
        """Return when counting began, the instance secret with its row id, and the bindings."""
        binding_type = service_binding.c.credential_type
        counts = (
            select(
                binding_type.label("binding_type"),
                func.count().label("number"),
                func.count(service_binding.c.app_guid).label("apps"),
                func.max(USED_AT).label("used_at"),
            )
            .select_from(service_binding)
            .outerjoin(credential, _is_own)
            .outerjoin(credential_usage, IS_USAGE)
            .where(service_binding.c.instance_row_id == instance.row_id)
            .group_by(binding_type)
            .subquery()
        )
        of_client = credential.c.client_row_id == instance.client.row_id
        rows = self._connection.execute(
            select(installation.c.usage_since, credential.c.id, *USE_COLUMNS, counts)
            .select_from(installation)
            .outerjoin(credential, of_client & _is_instance_secret)
            .outerjoin(credential_usage, IS_USAGE)
            .outerjoin(counts, true())
            .order_by(counts.c.binding_type)
        ).all()
        secret = None if rows[0].id is None else use_of(rows[0])
        found = []
        for row in rows:
            if row.binding_type is not None:
                type_ = credential_type(row.binding_type)
                used_at = row.used_at
                if is_shared(type_) and secret is not None:
                    used_at = secret.used_at
                found.append(TypeCount(type_, row.number, row.apps, used_at))
        return rows[0].usage_since, rows[0].id, secret, found

    def _total(self, instance: Instance, page: BindingPage, counts: Sequence[TypeCount]) -> int:
        if not page.search and not page.exact:
            return sum(each.bindings for each in counts if page.type in {"", each.type})
        selected = _selected(select(service_binding.c.id), instance, page).subquery()
        return self._connection.execute(select(func.count()).select_from(selected)).scalar_one()

    def _days(self, row_ids: Sequence[int], since: date) -> Mapping[int, Sequence[DayOfUse]]:
        found: defaultdict[int, list[DayOfUse]] = defaultdict(list)
        table = credential_daily_use.c
        if row_ids:
            rows = self._connection.execute(
                select(table.credential_row_id, table.day, table.accepted, table.refused)
                .where(table.credential_row_id.in_(row_ids), table.day > since)
                .order_by(table.credential_row_id, table.day)
            )
            for row_id, day, accepted, refused in rows:
                found[row_id].append(DayOfUse(day, accepted, refused))
        return found


def _order(page: InstancePage, created_at: Any, app_id: Any) -> tuple[Any, ...]:
    columns = (created_at, app_id) if page.by_creation else (app_id,)
    return tuple(each.desc() for each in columns) if page.is_descending else columns


def _page(instance: Instance, page: BindingPage, secret_used_at: datetime | None) -> Any:
    columns = service_binding.c
    query = _selected(
        select(
            columns.binding_id,
            columns.credential_type,
            columns.app_guid,
            columns.created_at.label("bound_at"),
            credential.c.id.label("credential_row_id"),
            *USE_COLUMNS,
        )
        .select_from(service_binding)
        .outerjoin(credential, _is_own)
        .outerjoin(credential_usage, IS_USAGE),
        instance,
        page,
    )
    order = [columns.created_at.desc(), columns.binding_id]
    if page.by_last_use:
        shared = literal(secret_used_at, UtcDateTime())
        used_at = case((columns.credential_type.in_(SHARED_TYPES), shared), else_=USED_AT)
        order.insert(0, used_at.desc().nulls_last())
    return query.order_by(*order).offset(page.offset).limit(page.limit)


def _selected(query: Any, instance: Instance, page: BindingPage) -> Any:
    columns = service_binding.c
    found = query.where(columns.instance_row_id == instance.row_id)
    if page.exact:
        found = found.where(columns.binding_id == page.exact)
    if page.type:
        found = found.where(columns.credential_type == page.type)
    if page.search:
        texts = (columns.binding_id, columns.app_guid)
        found = found.where(
            or_(*(ascii_lower(each).contains(page.search, autoescape=True) for each in texts))
        )
    return found


def _binding(row: Row[*tuple[Any, ...]], days: Mapping[int, Sequence[DayOfUse]]) -> HeldBinding:
    row_id = row.credential_row_id
    return HeldBinding(
        binding_id=row.binding_id,
        type=credential_type(row.credential_type),
        app_guid=row.app_guid,
        created_at=row.bound_at,
        use=None if row_id is None else replace(use_of(row), days=days.get(row_id, ())),
    )


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
