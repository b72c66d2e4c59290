"""Service instances and their OAuth clients in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from broker.authorization.grant_types import UnfilledClient
from broker.descriptor.model import TenantMode
from broker.identity.client import Client
from broker.identity.zone import Zone
from broker.instances.model import Instance
from broker.instances.plan import Plan
from broker.store.database.columns import (
    from_json_text,
    json_text,
    readable_json,
    types_text,
    words_text,
)
from broker.store.database.deferred import execute_later
from broker.store.identity.clients import client_of
from broker.store.tables.core import client, service_instance, zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from broker.store.sealing.owner_macs import OwnerMacs

_WITH_CLIENT_AND_ZONE = (
    select(
        *service_instance.c,
        client.c.client_id,
        client.c.app_id,
        client.c.credential_types,
        client.c.authorities,
        client.c.grant_types,
        client.c.token_validity,
        client.c.accepts_grants,
        client.c.epoch,
        client.c.approved_at,
        client.c.service_instance_guid,
        client.c.zone_row_id,
        zone.c.number.label("zone_number"),
        zone.c.guid.label("zone_guid"),
        zone.c.subdomain.label("zone_subdomain"),
        zone.c.grants_epoch,
    )
    .join(client, service_instance.c.client_row_id == client.c.id)
    .join(zone, client.c.zone_row_id == zone.c.id)
)

# Built once: building a statement takes longer than executing it.
_BY_INSTANCE_ID = _WITH_CLIENT_AND_ZONE.where(
    service_instance.c.instance_id == bindparam("instance_id")
)

_NUMBER_IN_ZONE = (
    select(func.count())
    .select_from(service_instance)
    .join(client, client.c.id == service_instance.c.client_row_id)
    .where(client.c.zone_row_id == bindparam("zone_row_id"))
)
_WITH_APP_ID = select(client.c.id).where(
    (client.c.app_id == bindparam("app_id")) | (client.c.local_id == bindparam("app_id"))
)
_INSERT_CLIENT, _INSERT_INSTANCE = insert(client), insert(service_instance)


class InstanceTable:
    """Reads and writes instances, each with its client."""

    def __init__(self, connection: Connection, macs: OwnerMacs) -> None:
        """``macs`` bind instances to platform, client and zone (D-52)."""
        self._connection = connection
        self._macs = macs

    def find(self, instance_id: str) -> Instance | None:
        """Return the instance of any platform, or None; raise IntegrityViolated."""
        by_id = {"instance_id": instance_id}
        row = self._connection.execute(_BY_INSTANCE_ID, by_id).one_or_none()
        if row is None:
            return None
        instance = _instance_of(row)
        self._macs.require_instance(instance.owner, row)
        return instance

    def count(self, zone_: Zone) -> int:
        """Return how many instances the zone has."""
        return self._connection.execute(_NUMBER_IN_ZONE, {"zone_row_id": zone_.row_id}).scalar_one()

    def app_id_taken(self, app_id: str) -> bool:
        """Return whether an application has this id, in its zone or from before a split."""
        return self._connection.execute(_WITH_APP_ID, {"app_id": app_id}).first() is not None

    def add(self, instance: Instance) -> None:
        """Insert client and instance."""
        oauth_client = instance.client
        execute_later(
            self._connection,
            _INSERT_CLIENT,
            {
                "id": oauth_client.row_id,
                "zone_row_id": oauth_client.zone.row_id,
                "client_id": oauth_client.client_id,
                "app_id": oauth_client.app_id,
                "service_instance_guid": oauth_client.service_instance_guid,
                "approved_at": instance.approved_at,
                # Unlike the column's default, which is for older versions (D-55).
                "holds_name": False,
                **_changeable_client(oauth_client),
                **_grant_types(oauth_client),
            },
        )
        execute_later(
            self._connection,
            _INSERT_INSTANCE,
            {
                "id": instance.row_id,
                "instance_id": instance.instance_id,
                "platform": instance.platform,
                "client_row_id": oauth_client.row_id,
                "service_id": instance.service_id,
                "plan_id": instance.plan_id,
                "plan": instance.plan,
                "xsappname": instance.xsappname,
                "tenant_mode": instance.tenant_mode,
                "organization_guid": instance.organization_guid,
                "space_guid": instance.space_guid,
                "tenant": instance.tenant,
                "created_at": instance.created_at,
                **_changeable_instance(instance),
                **self._macs.of_instance(instance.owner),
            },
        )

    def change(
        self, instance: Instance, *, is_declared: bool = True, with_grant_types: bool = False
    ) -> None:
        """Write all columns that an update may change; grant types only if requested (D-60).

        Unless ``is_declared``, incomplete declarations stay incomplete.
        """
        values = _changeable_client(instance.client)
        if not is_declared:
            advanced = instance.client.epoch - client.c.epoch
            values["declared_epoch"] = client.c.declared_epoch + advanced
        if with_grant_types:
            values |= _grant_types(instance.client)
        execute_later(
            self._connection,
            update(client).where(client.c.id == instance.client.row_id).values(**values),
        )
        execute_later(
            self._connection,
            update(service_instance)
            .where(service_instance.c.id == instance.row_id)
            .values(**_changeable_instance(instance)),
        )

    def all(self) -> Sequence[Instance]:
        """Return every instance of every platform, oldest first."""
        order = (service_instance.c.created_at, service_instance.c.id)
        rows = self._connection.execute(_WITH_CLIENT_AND_ZONE.order_by(*order))
        return [_instance_of(row) for row in rows]

    def is_complete(self, instance: Instance) -> bool:
        """Return whether the stored declarations are those of the current descriptor."""
        declared_epoch = self._connection.execute(
            select(client.c.declared_epoch).where(client.c.id == instance.client.row_id)
        ).scalar_one()
        return bool(declared_epoch == instance.client.epoch)

    def incomplete(self, limit: int) -> Sequence[str]:
        """Return ids of instances whose declarations an older version did not store."""
        return (
            self._connection.execute(
                select(service_instance.c.instance_id)
                .join(client, service_instance.c.client_row_id == client.c.id)
                .where(client.c.declared_epoch.is_distinct_from(client.c.epoch))
                .order_by(service_instance.c.id)
                .limit(limit)
            )
            .scalars()
            .all()
        )

    def without_grant_types(self, limit: int) -> Sequence[UnfilledClient]:
        """Return clients without stored grant types, written by an older version (D-60)."""
        rows = self._connection.execute(
            select(client.c.id, service_instance.c.plan, service_instance.c.parameters)
            .join(service_instance, service_instance.c.client_row_id == client.c.id)
            .where(client.c.grant_types.is_(None))
            .order_by(client.c.id)
            .limit(limit)
        )
        return [UnfilledClient(row.id, row.plan, readable_json(row.parameters)) for row in rows]

    def fill_grant_types(self, grant_types: Mapping[int, Sequence[str]], now: datetime) -> None:
        """Store the grant types by client row id, except where an update has set them."""
        execute_later(
            self._connection,
            update(client)
            .where(client.c.id == bindparam("row"), client.c.grant_types.is_(None))
            .values(grant_types=bindparam("filled"), grant_types_filled_at=now),
            [{"row": row, "filled": words_text(types)} for row, types in grant_types.items()],
        )

    def remove(self, instance: Instance) -> None:
        """Delete the instance; the foreign keys cascade to bindings and credentials."""
        execute_later(
            self._connection,
            delete(service_instance).where(service_instance.c.id == instance.row_id),
        )
        execute_later(self._connection, delete(client).where(client.c.id == instance.client.row_id))


def _changeable_client(oauth_client: Client) -> dict[str, Any]:
    return {
        "credential_types": types_text(oauth_client.credential_types),
        "authorities": words_text(oauth_client.authorities),
        "token_validity": oauth_client.token_validity,
        "accepts_grants": oauth_client.accepts_grants,
        "epoch": oauth_client.epoch,
        "declared_epoch": oauth_client.epoch,
    }


def _grant_types(oauth_client: Client) -> dict[str, Any]:
    return {"grant_types": words_text(oauth_client.grant_types), "grant_types_filled_at": None}


def _changeable_instance(instance: Instance) -> dict[str, Any]:
    return {
        "parameters": json_text(instance.parameters),
        "context": json_text(instance.context),
        "name": instance.name,
        "space": instance.space,
        "updated_at": instance.updated_at,
    }


def _instance_of(row: Row[*tuple[Any, ...]]) -> Instance:
    zone_ = Zone(
        row.zone_row_id, row.zone_number, row.zone_guid, row.zone_subdomain, row.grants_epoch
    )
    return Instance(
        row_id=row.id,
        instance_id=row.instance_id,
        platform=row.platform,
        client=client_of(row, row.client_row_id, zone_),
        service_id=row.service_id,
        plan_id=row.plan_id,
        plan=Plan(row.plan),
        xsappname=row.xsappname,
        tenant_mode=TenantMode(row.tenant_mode),
        parameters=from_json_text(row.parameters),
        organization_guid=row.organization_guid,
        space_guid=row.space_guid,
        context=from_json_text(row.context),
        created_at=row.created_at,
        updated_at=row.updated_at,
        approved_at=row.approved_at,
        tenant=row.tenant or "",
    )
