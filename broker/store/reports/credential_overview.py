"""Overviews of service instances with their credentials, in a fixed number of statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    String,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from broker.credentials.readiness import DayOfUse, HeldBinding
from broker.credentials.registry import SHARED_TYPES, is_shared
from broker.lifecycle.overview.model import HeldCredentials, TypeCount
from broker.store.database.columns import credential_type
from broker.store.reports.credential_rows import (
    IS_INSTANCE_SECRET,
    IS_USAGE,
    USE_COLUMNS,
    USED_AT,
    use_of,
)
from broker.store.reports.instance_lists import InstanceLists
from broker.store.tables.collation import ascii_lower
from broker.store.tables.core import (
    UtcDateTime,
    credential,
    service_binding,
)
from broker.store.tables.usage import credential_daily_use, credential_usage, installation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row

    from broker.credentials.readiness import CredentialUse
    from broker.instances.model import Instance
    from broker.lifecycle.overview.model import BindingPage

_is_own = credential.c.binding_row_id == service_binding.c.id


class OverviewTable(InstanceLists):
    """Reads credentials with their use."""

    def of(self, instance: Instance, page: BindingPage, today: date) -> HeldCredentials:
        """Return the instance's credentials; at most two statements."""
        first_day = today - timedelta(days=page.days) if page.days else None
        since, secret, counts, total = self._secret_and_counts(instance, page, first_day)
        rows: Sequence[Row[*tuple[Any, ...]]] = []
        if page.limit:
            used_at = secret.used_at if secret else None
            query = _page(instance, page, used_at).subquery()
            days = _days(query.c.credential_row_id, first_day)
            rows = self._connection.execute(select(query, days).order_by(query.c.place)).all()
        return HeldCredentials(
            counted_since=since,
            secret=secret,
            types=counts,
            bindings=[_binding(row) for row in rows],
            total=len(rows) if page.exact else total,
        )

    def _secret_and_counts(
        self, instance: Instance, page: BindingPage, first_day: date | None
    ) -> tuple[datetime, CredentialUse | None, list[TypeCount], int]:
        """Return when counting began, the instance secret, and the numbers of bindings.

        They are by type, and that of the bindings which the page's search and type select.
        """
        found = _selected(select(func.count()), instance, page).select_from(service_binding)
        selected: Any = found.scalar_subquery() if page.search else null()
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
            select(
                installation.c.usage_since,
                credential.c.id,
                *USE_COLUMNS,
                selected.label("selected"),
                counts,
                _days(credential.c.id, first_day),
            )
            .select_from(installation)
            .outerjoin(credential, of_client & IS_INSTANCE_SECRET)
            .outerjoin(credential_usage, IS_USAGE)
            .outerjoin(counts, true())
            .order_by(counts.c.binding_type)
        ).all()
        secret = None if rows[0].id is None else _use(rows[0])
        numbers = []
        for row in rows:
            if row.binding_type is not None:
                type_ = credential_type(row.binding_type)
                used_at = row.used_at
                if is_shared(type_) and secret is not None:
                    used_at = secret.used_at
                numbers.append(TypeCount(type_, row.number, row.apps, used_at))
        total = rows[0].selected
        if total is None:
            total = sum(each.bindings for each in numbers if page.type in {"", each.type})
        return rows[0].usage_since, secret, numbers, total


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
    order: list[Any] = [columns.created_at.desc(), columns.binding_id.desc()]
    if page.by_last_use:
        shared = literal(secret_used_at, UtcDateTime())
        used_at = case((columns.credential_type.in_(SHARED_TYPES), shared), else_=USED_AT)
        order.insert(0, used_at.desc().nulls_last())
    place = func.row_number().over(order_by=order).label("place")
    return query.add_columns(place).order_by(place).offset(page.offset).limit(page.limit)


def _selected(query: Any, instance: Instance, page: BindingPage) -> Any:
    columns = service_binding.c
    if not (page.search + page.exact).isprintable():
        # Databases refuse to look up others.
        return query.where(false())
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


def _days(credential_row_id: ColumnElement[int], after: date | None) -> Any:
    """Return the column ``days`` with the days of use after that one, as one text.

    It is empty without a day: the look-up takes most of the time of a long list.
    """
    if after is None:
        return null().label("days")
    table = credential_daily_use.c
    second = cast(extract("epoch", table.day), BigInteger)
    first, accepted, refused = (
        cast(each, String) for each in (second, table.accepted, table.refused)
    )
    day = first + literal(" ") + accepted + literal(" ") + refused
    return (
        select(func.aggregate_strings(day, ","))
        .where(table.credential_row_id == credential_row_id, table.day > after)
        .scalar_subquery()
        .label("days")
    )


def _use(row: Row[*tuple[Any, ...]]) -> CredentialUse:
    days = [map(int, each.split()) for each in (row.days or "").split(",") if each]
    return replace(
        use_of(row),
        days=sorted(
            (
                DayOfUse(datetime.fromtimestamp(second, UTC).date(), accepted, refused)
                for second, accepted, refused in days
            ),
            key=lambda each: each.day,
        ),
    )


def _binding(row: Row[*tuple[Any, ...]]) -> HeldBinding:
    return HeldBinding(
        binding_id=row.binding_id,
        type=credential_type(row.credential_type),
        app_guid=row.app_guid,
        created_at=row.bound_at,
        use=None if row.credential_row_id is None else _use(row),
    )
