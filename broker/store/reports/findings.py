"""What needs attention in a zone or in all zones, one statement for each list.

Of a zone, only the credentials and references of its clients are read, by indexes. No index has the
times of use, which workers write every few seconds: all credentials of the zone are compared.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import and_, func, literal, or_, select, true, union_all

from broker.authorization.reference import Reference
from broker.descriptor.declarations import Usage
from broker.lifecycle.overview.attention import (
    CredentialFinding,
    FailingClient,
    Found,
    FoundCredential,
    FoundCredentials,
    UnresolvedReference,
)
from broker.store.reports.certificate_life import life_left, life_of, needs_renewal
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
from broker.store.tables.declared import application_reference
from broker.store.tables.tokens import refused_attempt
from broker.store.tables.usage import credential_usage, installation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from broker.identity.zone import Zone
    from broker.lifecycle.overview.attention import FindingPage, Limits

T = TypeVar("T")

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Sorts credentials without use before all others."""

_IS_LISTED = (literal(",") + client.c.credential_types + literal(",")).contains(
    literal(",") + credential.c.type + literal(",")
)
_IS_OF_CLIENT = service_instance.c.client_row_id == client.c.id
_IS_IN_ZONE = zone.c.id == client.c.zone_row_id
_TOTAL = func.count().over().label("total")


class FindingTable:
    """Reads findings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def credentials(
        self, zone_: Zone | None, limits: Limits, pages: Mapping[CredentialFinding, FindingPage]
    ) -> FoundCredentials:
        """Return the credentials of each finding."""
        parts = [self._ids(zone_, limits, *each).subquery() for each in pages.items()]
        ids = union_all(*(select(each) for each in parts)).subquery()
        rows = self._connection.execute(
            select(
                installation.c.usage_since,
                ids.c.finding,
                ids.c.total,
                service_instance.c.instance_id,
                client.c.app_id,
                zone.c.subdomain,
                service_binding.c.binding_id,
                life_left(self._connection, limits.now).label("life"),
                *USE_COLUMNS,
            )
            .select_from(installation)
            .outerjoin(ids, true())
            .outerjoin(credential, credential.c.id == ids.c.id)
            .outerjoin(credential_usage, IS_USAGE)
            .outerjoin(client, client.c.id == credential.c.client_row_id)
            .outerjoin(service_instance, _IS_OF_CLIENT)
            .outerjoin(zone, _IS_IN_ZONE)
            .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
            .order_by(ids.c.finding, ids.c.place)
        ).all()
        return FoundCredentials(
            rows[0].usage_since,
            {
                each: _found([row for row in rows if row.finding == each], _credential)
                for each in pages
            },
        )

    def _ids(
        self, zone_: Zone | None, limits: Limits, finding: CredentialFinding, page: FindingPage
    ) -> Select[*tuple[Any, ...]]:
        condition, urgency = {
            CredentialFinding.EXPIRING: self._expiring,
            CredentialFinding.UNUSED: _unused,
        }[finding](limits)
        first = client.c.app_id if page.by_name else urgency
        chosen = (
            select(
                credential.c.id,
                credential.c.created_at,
                first.label("first"),
                urgency.label("urgency"),
            )
            .select_from(credential)
            .join(client, client.c.id == credential.c.client_row_id)
            .join(installation, true())
            .outerjoin(credential_usage, IS_USAGE)
            .where(condition, *_chosen(zone_, page, client.c.app_id))
        )
        counted = select(func.count()).select_from(chosen.subquery()).scalar_subquery()
        # Without a window, of all rows only those of the page are kept.
        part = (
            chosen.order_by(
                *_ordered(first, page, urgency, credential.c.created_at, credential.c.id)
            )
            .offset(page.offset)
            .limit(page.limit)
            .subquery()
        )
        order = _ordered(part.c.first, page, part.c.urgency, part.c.created_at, part.c.id)
        return select(
            part.c.id,
            literal(finding).label("finding"),
            (counted if page.is_counted else literal(0)).label("total"),
            func.row_number().over(order_by=order).label("place"),
        )

    def _expiring(self, limits: Limits) -> tuple[ColumnElement[bool], Any]:
        is_listed = credential.c.not_after > limits.expired_after
        return is_listed & needs_renewal(self._connection, limits.now), credential.c.not_after

    def failing(
        self, zone_: Zone | None, since: datetime, page: FindingPage
    ) -> Found[FailingClient]:
        """Return the clients with refused attempts after that minute."""
        attempt, last = refused_attempt.c, func.max(refused_attempt.c.minute)
        first = attempt.client_id if page.by_name else last
        order = _ordered(first, page, last.desc(), attempt.client_id, attempt.reason)
        group = (
            attempt.client_id,
            attempt.reason,
            service_instance.c.instance_id,
            client.c.app_id,
            zone.c.subdomain,
        )
        rows = self._connection.execute(
            select(
                *group,
                func.sum(attempt.attempts).label("attempts"),
                last.label("last_at"),
                _TOTAL,
            )
            .select_from(refused_attempt)
            .outerjoin(client, client.c.client_id == attempt.client_id)
            .outerjoin(service_instance, _IS_OF_CLIENT)
            .outerjoin(zone, _IS_IN_ZONE)
            .where(attempt.minute > since, *_chosen(zone_, page, attempt.client_id))
            .group_by(*group)
            .order_by(*order)
            .offset(page.offset)
            .limit(page.limit)
        ).all()
        return _found(rows, _failing_client)

    def references(self, zone_: Zone | None, page: FindingPage) -> Found[UnresolvedReference]:
        """Return references to applications that do not exist, by application id."""
        table, target = application_reference, client.alias("target")
        names_one = or_(table.c.app_id != "", table.c.service_instance != "")
        rest = (table.c.usage, table.c.holder, table.c.name, table.c.id)
        rows = self._connection.execute(
            select(
                service_instance.c.instance_id,
                client.c.app_id.label("own_id"),
                zone.c.subdomain,
                *(table.c[name] for name in ("usage", "holder", "app_id", "service_instance")),
                table.c.name,
                _TOTAL,
            )
            .select_from(table)
            .join(client, client.c.id == table.c.client_row_id)
            .join(service_instance, _IS_OF_CLIENT)
            .join(zone, _IS_IN_ZONE)
            .outerjoin(target, target.c.id == table.c.target_row_id)
            .where(
                target.c.id.is_(None),
                names_one,
                table.c.usage.in_(Usage),
                *_chosen(zone_, page, client.c.app_id),
            )
            .order_by(*_ordered(client.c.app_id, page, *rest))
            .offset(page.offset)
            .limit(page.limit)
        ).all()
        return _found(rows, _reference)


def _unused(limits: Limits) -> tuple[ColumnElement[bool], Any]:
    """Return the condition and the order: never used ones first."""
    since = limits.unused_since
    condition = and_(
        installation.c.usage_since <= since,
        credential.c.created_at <= since,
        credential.c.delisted_at.is_(None),
        or_(credential.c.not_after.is_(None), credential.c.not_after > limits.now),
        _IS_LISTED,
        or_(USED_AT.is_(None), since > USED_AT),
    )
    return condition, func.coalesce(USED_AT, literal(_NEVER, UtcDateTime()))


def _chosen(zone_: Zone | None, page: FindingPage, searched: Any) -> list[ColumnElement[bool]]:
    found = [] if zone_ is None else [client.c.zone_row_id == zone_.row_id]
    if page.search:
        found.append(ascii_lower(searched).contains(page.search, autoescape=True))
    return found


def _ordered(first: Any, page: FindingPage, *rest: Any) -> list[Any]:
    return [first.desc() if page.is_descending else first.asc(), *rest]


def _found(
    rows: Sequence[Row[*tuple[Any, ...]]], finding_of: Callable[[Row[*tuple[Any, ...]]], T]
) -> Found[T]:
    return Found([finding_of(row) for row in rows], rows[0].total if rows else 0)


def _credential(row: Row[*tuple[Any, ...]]) -> FoundCredential:
    return FoundCredential(
        row.instance_id,
        row.app_id,
        row.subdomain,
        row.binding_id,
        use_of(row),
        None if row.not_after is None else life_of(row.life),
    )


def _failing_client(row: Row[*tuple[Any, ...]]) -> FailingClient:
    return FailingClient(
        row.client_id,
        row.reason,
        row.attempts,
        row.last_at,
        row.instance_id,
        row.app_id,
        row.subdomain,
    )


def _reference(row: Row[*tuple[Any, ...]]) -> UnresolvedReference:
    reference = Reference(Usage(row.usage), row.holder, row.app_id, row.service_instance, row.name)
    return UnresolvedReference(row.instance_id, row.own_id, row.subdomain, reference)
