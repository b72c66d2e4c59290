"""Lists of applications with their OAuth settings, and the use of their instance secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from broker.authorization.declared_settings import back_filled_settings
from broker.authorization.views.model import (
    ApplicationAttribute,
    ApplicationSelection,
    ApplicationView,
    GrantedAuthority,
)
from broker.credentials.registry import SHARED_TYPES
from broker.descriptor.model import TenantMode
from broker.instances.plan import Plan
from broker.store.database.columns import readable_json
from broker.store.identity.client_settings import stored_settings
from broker.store.identity.clients import client_of
from broker.store.tables.core import client, credential, service_instance
from broker.store.tables.declared import application_reference, attribute
from broker.store.tables.identity import client_setting
from broker.store.tables.usage import credential_usage
from broker.store.tokens.granted_scopes import GRANTED_AND_ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from broker.identity.client import Client
    from broker.identity.zone import Zone

_SETTINGS = ("redirect_uris", "allowed_providers", "system_attributes", "auto_approve")

_APPLICATIONS = (
    select(
        *client.c,
        service_instance.c.instance_id,
        service_instance.c.plan,
        service_instance.c.plan_id,
        service_instance.c.xsappname,
        service_instance.c.tenant_mode,
        service_instance.c.organization_guid,
        service_instance.c.space_guid,
        service_instance.c.parameters,
        *(client_setting.c[name] for name in _SETTINGS),
        client_setting.c.refresh_token_validity,
        credential_usage.c.last_used_at,
        credential_usage.c.previous_used_at,
    )
    .select_from(client)
    .outerjoin(service_instance, service_instance.c.client_row_id == client.c.id)
    .outerjoin(client_setting, client_setting.c.id == client.c.id)
    # A client has at most one of them.
    .outerjoin(
        credential,
        (credential.c.client_row_id == client.c.id) & credential.c.type.in_(SHARED_TYPES),
    )
    .outerjoin(credential_usage, credential_usage.c.credential_row_id == credential.c.id)
    .order_by(client.c.app_id)
)


class ApplicationListTable:
    """Reads applications of a zone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def applications(
        self, zone: Zone, selection: ApplicationSelection
    ) -> Sequence[ApplicationView]:
        """Return the selected applications by id, with their attributes; two statements."""
        rows = self._connection.execute(_selected(_APPLICATIONS, zone, selection)).all()
        attributes = self._attributes(zone, selection) if rows else {}
        return [_view(row, zone, attributes.get(row.id, ())) for row in rows]

    def granted(self, client_: Client) -> Sequence[GrantedAuthority]:
        """Return the scopes that other applications grant to the client and that it accepts."""
        values = {"client_row_id": client_.row_id}
        return [
            GrantedAuthority(row.app_id, row.service_instance_guid, f"{row.app_id}.{row.holder}")
            for row in self._connection.execute(GRANTED_AND_ACCEPTED, values)
        ]

    def references_to(self, client_: Client) -> int:
        """Return how many references of other applications are pinned to the client."""
        query = (
            select(func.count())
            .select_from(application_reference)
            .where(
                application_reference.c.target_row_id == client_.row_id,
                application_reference.c.client_row_id != client_.row_id,
            )
        )
        return self._connection.execute(query).scalar_one()

    def _attributes(
        self, zone: Zone, selection: ApplicationSelection
    ) -> Mapping[int, Sequence[ApplicationAttribute]]:
        query = (
            select(attribute)
            .select_from(attribute)
            .join(client, client.c.id == attribute.c.client_row_id)
            .outerjoin(service_instance, service_instance.c.client_row_id == client.c.id)
            .order_by(attribute.c.name)
        )
        found: dict[int, list[ApplicationAttribute]] = {}
        for row in self._connection.execute(_selected(query, zone, selection)):
            found.setdefault(row.client_row_id, []).append(
                ApplicationAttribute(row.name, row.description, row.value_type, row.value_required)
            )
        return found


def _selected(query: Any, zone: Zone, selection: ApplicationSelection) -> Any:
    found = query.where(client.c.zone_row_id == zone.row_id)
    columns = {
        service_instance.c.organization_guid: selection.organization_guid,
        client.c.app_id: selection.app_id,
        service_instance.c.instance_id: selection.instance_id,
    }
    for column, value in columns.items():
        if value is not None:
            found = found.where(column == value)
    if (name := selection.xsappname) is not None:
        # Without an instance, the name is a part of the id.
        built_in = service_instance.c.id.is_(None) & client.c.app_id.startswith(
            f"{name}!", autoescape=True
        )
        found = found.where(or_(service_instance.c.xsappname == name, built_in))
    return found


def _view(
    row: Row[*tuple[Any, ...]], zone: Zone, attributes: Sequence[ApplicationAttribute]
) -> ApplicationView:
    parameters = None if row.parameters is None else readable_json(row.parameters)
    plan = row.plan or Plan.APPLICATION.value
    return ApplicationView(
        client=client_of(row, row.id, zone),
        instance_id=row.instance_id,
        xsappname=row.xsappname or row.app_id.rpartition("!")[0],
        plan=plan,
        plan_id=row.plan_id,
        tenant_mode=row.tenant_mode or TenantMode.DEDICATED.value,
        organization_guid=row.organization_guid,
        space_guid=row.space_guid,
        parameters=parameters,
        # An older version changes clients without writing their settings.
        settings=(
            back_filled_settings(plan, parameters)
            if row.redirect_uris is None
            else stored_settings(row)
        ),
        secret_last_used_at=max(
            (each for each in (row.last_used_at, row.previous_used_at) if each), default=None
        ),
        attributes=attributes,
    )
