"""Approvals for administration scopes in the database (D-57)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, or_, select, update

from broker.authorization.approvals import Application
from broker.authorization.client_authorities import UNAPPROVED
from broker.descriptor.names import ADMINISTRATION_SCOPES, APIACCESS_SCOPES
from broker.identity.user import is_storable
from broker.instances.plan import Plan
from broker.store.database.columns import from_json_text, json_text, words_text
from broker.store.identity.client_settings import approved_scopes
from broker.store.tables.collation import ascii_lower
from broker.store.tables.core import client, service_instance, zone
from broker.store.tables.identity import client_setting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row

    from broker.identity.zone import Zone

_APPLICATIONS = (
    select(
        client.c.id,
        client.c.client_id,
        client.c.app_id,
        client.c.approved_at,
        client.c.approved_by,
        service_instance.c.instance_id,
        service_instance.c.plan,
        zone.c.subdomain,
        zone.c.guid.label("zone_guid"),
        client_setting.c.user_scopes,
        client_setting.c.approved_scopes,
    )
    .join(service_instance, service_instance.c.client_row_id == client.c.id)
    .join(zone, zone.c.id == client.c.zone_row_id)
    .outerjoin(client_setting, client_setting.c.id == client.c.id)
    .order_by(client.c.app_id)
)

_MAX_BY = 255

_is_apiaccess = service_instance.c.plan == Plan.APIACCESS
_of_apiaccess = client.c.id.in_(select(service_instance.c.client_row_id).where(_is_apiaccess))
_is_unapproved = client.c.approved_at.is_(None)


def _lists(column: ColumnElement[str], scope: str) -> ColumnElement[bool]:
    """Return whether a JSON list of scopes, none of which contains quotes, has this one."""
    return column.contains(f'"{scope}"', autoescape=True)


_IS_PENDING = or_(
    and_(_is_apiaccess, _is_unapproved),
    and_(
        ~_is_apiaccess,
        or_(
            *(
                and_(
                    _lists(client_setting.c.user_scopes, scope),
                    or_(
                        _is_unapproved,
                        client_setting.c.approved_scopes.is_(None),
                        ~_lists(client_setting.c.approved_scopes, scope),
                    ),
                )
                for scope in sorted(ADMINISTRATION_SCOPES)
            )
        ),
    ),
)
"""Whether an application requests a scope that is not approved: ``Application.missing``."""


class ApprovalTable:
    """Reads and writes approvals within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def requested(self, zone_: Zone | None) -> Sequence[Application]:
        """Return the applications that request administration scopes, of all zones with None.

        Approved ones are included even if they request none any more.
        """
        requests = client_setting.c.user_scopes.contains('"xs_', autoescape=True)
        query = _APPLICATIONS.where(or_(_is_apiaccess, ~_is_unapproved, requests))
        return self._read(query if zone_ is None else query.where(_in_zone(zone_)))

    def pending(
        self,
        zone_: Zone | None,
        search: str = "",
        *,
        is_descending: bool = False,
        offset: int = 0,
        limit: int,
    ) -> tuple[Sequence[Application], int]:
        """Return applications that wait for an approval, of all zones with None, and their number.

        In the order of their ids; ``search``: part of the id in lower case. The number is 0 for a
        page without applications. One statement.
        """
        query = _APPLICATIONS.add_columns(func.count().over().label("total")).where(_IS_PENDING)
        if zone_ is not None:
            query = query.where(_in_zone(zone_))
        if search:
            query = query.where(ascii_lower(client.c.app_id).contains(search, autoescape=True))
        if is_descending:
            query = query.order_by(None).order_by(client.c.app_id.desc())
        rows = self._connection.execute(query.offset(offset).limit(limit)).all()
        return [_application_of(row) for row in rows], rows[0].total if rows else 0

    def named(self, zone_: Zone, name: str) -> Sequence[Application]:
        """Return the zone's applications of this application, client or instance id or name."""
        if not is_storable(name):
            return ()
        names = (
            client.c.app_id,
            client.c.local_id,
            client.c.client_id,
            service_instance.c.instance_id,
            service_instance.c.xsappname,
        )
        matches = or_(*(column == name for column in names))
        return self._read(_APPLICATIONS.where(_in_zone(zone_), matches))

    def approve(self, application: Application, by: str, now: datetime) -> None:
        """Approve the requested administration scopes."""
        scopes = json_text(application.requested)
        self._change(
            application,
            [*APIACCESS_SCOPES] if application.is_apiaccess else None,
            scopes,
            approved_at=now,
            approved_by=by[:_MAX_BY],
        )

    def revoke(self, application: Application) -> None:
        """Withdraw the approval."""
        authorities = UNAPPROVED if application.is_apiaccess else None
        self._change(application, authorities, None, approved_at=None, approved_by=None)

    def approve_all(self, now: datetime) -> int:
        """Approve all unapproved instances of plan apiaccess; return their number."""
        return self._rewrite(
            _is_unapproved & _of_apiaccess,
            approved_at=now,
            authorities=words_text(APIACCESS_SCOPES),
        )

    def restrict_unapproved(self) -> int:
        """Restrict the authorities of unapproved instances of plan apiaccess; return their number.

        An older version writes all of them.
        """
        restricted = words_text(UNAPPROVED)
        has_more = client.c.authorities != restricted
        return self._rewrite(_is_unapproved & has_more & _of_apiaccess, authorities=restricted)

    def _read(self, query: Any) -> Sequence[Application]:
        return [_application_of(row) for row in self._connection.execute(query)]

    def _change(
        self,
        application: Application,
        authorities: Sequence[str] | None,
        scopes: str | None,
        **values: object,
    ) -> None:
        if authorities is not None:
            values["authorities"] = words_text(authorities)
        self._rewrite(client.c.id == application.client_row_id, **values)
        self._connection.execute(
            update(client_setting)
            .where(client_setting.c.id == application.client_row_id)
            .values(approved_scopes=scopes, epoch=client_setting.c.epoch + 1)
        )

    def _rewrite(self, condition: ColumnElement[bool], **values: object) -> int:
        return self._connection.execute(
            update(client)
            .where(condition)
            .values(
                epoch=client.c.epoch + 1,
                # Incomplete declarations stay incomplete.
                declared_epoch=client.c.declared_epoch + 1,
                **values,
            )
        ).rowcount


def _in_zone(zone_: Zone) -> ColumnElement[bool]:
    return client.c.zone_row_id == zone_.row_id


def _application_of(row: Row[*tuple[Any, ...]]) -> Application:
    if row.plan == Plan.APIACCESS:
        requested = tuple(sorted(ADMINISTRATION_SCOPES))
        approved = requested if row.approved_at is not None else ()
    else:
        scopes = from_json_text(row.user_scopes or "[]")
        requested = tuple(scope for scope in scopes if scope in ADMINISTRATION_SCOPES)
        approved = approved_scopes(row)
    return Application(
        client_row_id=row.id,
        instance_id=row.instance_id,
        client_id=row.client_id,
        app_id=row.app_id,
        zone=row.subdomain,
        zone_guid=row.zone_guid,
        plan=Plan(row.plan),
        requested=requested,
        approved=approved,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
    )
