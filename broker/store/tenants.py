"""Tenants, spaces and zones of service instances in the database (D-53)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, distinct, exists, func, or_, select, update

from broker.authorization.reference import Reference
from broker.descriptor.declarations import Usage
from broker.identity.zone import DEFAULT_TENANT, OPERATOR_INDEX, Zone, ZoneOverview
from broker.ids import name_based_guid
from broker.lifecycle.zones.ports import Pin, Placement, Unplaced
from broker.store.database.columns import readable_json
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.identity.client_settings import advance_epoch
from broker.store.tables.core import client, credential, service_instance, zone
from broker.store.tables.declared import application_reference, role_collection
from broker.store.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Engine, Row, Select

    from broker.instances.model import Instance
    from broker.store.sealing.owner_macs import OwnerMacs

_PLACEHOLDER = "-"

_tenant = service_instance.c.tenant
_is_default = _tenant == DEFAULT_TENANT
# The tenant of a single-tenant platform may have the zone of its organization.
_tenants = func.count(distinct(case((_is_default, zone.c.external_key), (_tenant != "", _tenant))))
_unidentified = func.count(case((_tenant == "", 1)))
_own = zone.alias("own_zone")
_is_displaced = ~_is_default & exists().where(
    _own.c.platform == zone.c.platform, _own.c.external_key == _tenant, _own.c.id != zone.c.id
).correlate(zone, service_instance)
_displaced = func.count(case((_is_displaced, 1)))


class TenantTable:
    """Reads and changes tenant, space and zone of instances."""

    def __init__(self, connection: Connection, macs: OwnerMacs) -> None:
        self._connection = connection
        self._macs = macs

    def unplaced(self, limit: int) -> Sequence[Unplaced]:
        """Return instances whose tenant is unknown, or whose space is that of a placeholder."""
        platforms = self._connection.execute(
            select(service_instance.c.platform)
            .distinct()
            .where(service_instance.c.space_guid == _PLACEHOLDER)
        ).scalars()
        # An older version stores these spaces, also beside this one.
        spaces = [name_based_guid("space", platform, _PLACEHOLDER) for platform in platforms]
        rows = self._connection.execute(
            select(*service_instance.c, zone.c.guid)
            .join(client, client.c.id == service_instance.c.client_row_id)
            .join(zone, zone.c.id == client.c.zone_row_id)
            .where(or_(service_instance.c.tenant.is_(None), service_instance.c.space.in_(spaces)))
            .order_by(service_instance.c.id)
            .limit(limit)
        )
        return [
            Unplaced(
                row.id,
                row.client_row_id,
                row.platform,
                row.organization_guid,
                row.space_guid,
                row.space,
                readable_json(row.context) or {},
                row.guid,
            )
            for row in rows
        ]

    def place(self, placements: Collection[Placement]) -> None:
        """Store tenants and spaces."""
        if not placements:
            return
        rows = [
            {"row": each.row_id, "new_tenant": each.tenant, "new_space": each.space}
            for each in placements
        ]
        columns = application_reference.c
        is_pending = ~exists().where(client.c.id == columns.target_row_id)
        for each in placements:
            if each.moves_space:
                own = columns.client_row_id == each.client_row_id
                itself = service_instance.c.id == each.row_id
                former = select(service_instance.c.space).where(itself)
                # By a bare name, or to a deleted application of the own space.
                is_limited = is_pending & (columns.space == former.scalar_subquery())
                in_own_space = or_(columns.service_instance != "", is_limited)
                pinned = columns.target_row_id == each.client_row_id
                moved = update(application_reference).where(or_(own & in_own_space, pinned))
                self._connection.execute(moved.values(space=each.space))
        self._connection.execute(
            update(service_instance)
            .where(service_instance.c.id == bindparam("row"))
            .values(tenant=bindparam("new_tenant"), space=bindparam("new_space")),
            rows,
        )

    def crossing_pins(self) -> Sequence[Pin]:
        """Return pins to another zone, and pins by service instance name to another space."""
        return [_pin(row) for row in self._connection.execute(_CROSSING_PINS)]

    def unpin(self, pins: Collection[Pin]) -> None:
        """Make these references pending: those by service instance name in their own space."""
        for pin in pins:
            self._connection.execute(
                update(application_reference)
                .where(
                    application_reference.c.id == pin.row_id,
                    application_reference.c.target_row_id == pin.target_row_id,
                )
                .values(
                    target_row_id=None,
                    space=pin.space if pin.reference.service_instance else None,
                )
            )

    def zones(self) -> Sequence[ZoneOverview]:
        """Return all zones in the order of their indexes."""
        return [_overview(row) for row in self._connection.execute(_OVERVIEW)]

    def is_mixed(self, zone_: Zone) -> bool:
        """Return whether an earlier version placed several tenants in the zone."""
        row = self._connection.execute(_OVERVIEW.where(zone.c.id == zone_.row_id)).one()
        return _overview(row).is_mixed

    def instances_of(self, zone_: Zone) -> Sequence[str]:
        """Return the ids of the zone's instances, sorted."""
        return (
            self._connection.execute(
                select(service_instance.c.instance_id)
                .join(client, client.c.id == service_instance.c.client_row_id)
                .where(client.c.zone_row_id == zone_.row_id)
                .order_by(service_instance.c.instance_id)
            )
            .scalars()
            .all()
        )

    def obstacle(self, instance: Instance, zone_: Zone) -> str | None:
        """Return why the instance cannot be moved to the zone, None if it can."""
        moved = replace(instance, client=replace(instance.client, zone=zone_))
        taken = select(client.c.app_id).where(
            or_(client.c.app_id == moved.local_id, client.c.local_id == moved.local_id),
            client.c.id != instance.client.row_id,
        )
        if (other := self._connection.execute(taken).scalar()) is not None:
            return (
                f"zone {zone_.subdomain} has another application {instance.xsappname} ({other});"
                " delete one of the two service instances"
            )
        present, own = role_collection.alias(), role_collection.c
        shared = select(role_collection.c.name).where(
            role_collection.c.client_row_id == instance.client.row_id,
            exists().where(
                present.c.zone_row_id == zone_.row_id,
                (present.c.name == own.name) | (present.c.folded_name == own.folded_name),
            ),
        )
        if (name := self._connection.execute(shared).scalar()) is not None:
            return (
                f'zone {zone_.subdomain} has another role collection "{name}"; rename one of the'
                " two with an update"
            )
        return None

    def move(self, instance: Instance, tenant: str, zone_: Zone) -> Instance:
        """Move the instance with its client and role collections; return it in the zone.

        In its own zone only tenant and space are stored.
        """
        oauth_client = instance.client
        moved = replace(instance, tenant=tenant, client=replace(oauth_client, zone=zone_))
        if zone_ != oauth_client.zone:
            moved = replace(moved, client=replace(moved.client, epoch=oauth_client.epoch + 1))
            credentials = self._macs.locked(credential.c.client_row_id == oauth_client.row_id)
            self._connection.execute(
                update(client)
                .where(client.c.id == oauth_client.row_id)
                .values(
                    zone_row_id=zone_.row_id,
                    local_id=moved.local_id,
                    epoch=client.c.epoch + 1,
                    # Incomplete declarations stay incomplete.
                    declared_epoch=client.c.declared_epoch + 1,
                )
            )
            self._macs.move(credentials, moved.owner)
            advance_epoch(self._connection, oauth_client.row_id)
            self._connection.execute(
                update(role_collection)
                .where(role_collection.c.client_row_id == oauth_client.row_id)
                .values(zone_row_id=zone_.row_id)
            )
        self.place(
            [Placement(instance.row_id, oauth_client.row_id, tenant, moved.space, moves_space=True)]
        )
        return moved


def all_zones(engine: Engine) -> Sequence[ZoneOverview]:
    """Return all zones in the order of their indexes."""
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        return [_overview(row) for row in connection.execute(_OVERVIEW)]


def _crossing_pins() -> Select[*tuple[Any, ...]]:
    target, target_zone = client.alias("target"), zone.alias("target_zone")
    target_instance = service_instance.alias("target_instance")
    by_service = application_reference.c.service_instance != ""
    return (
        select(
            *(
                application_reference.c[name]
                for name in ("id", "usage", "holder", "app_id", "service_instance", "name")
            ),
            application_reference.c.target_row_id,
            service_instance.c.instance_id,
            service_instance.c.space,
            client.c.app_id.label("owner_app_id"),
            target.c.app_id.label("target_app_id"),
            *(column.label(f"own_{column.name}") for column in zone.c),
            *(column.label(f"target_{column.name}") for column in target_zone.c),
        )
        .join(client, client.c.id == application_reference.c.client_row_id)
        .join(zone, zone.c.id == client.c.zone_row_id)
        .join(service_instance, service_instance.c.client_row_id == client.c.id)
        .join(target, target.c.id == application_reference.c.target_row_id)
        .join(target_zone, target_zone.c.id == target.c.zone_row_id)
        .join(target_instance, target_instance.c.client_row_id == target.c.id)
        .where(
            application_reference.c.usage.in_(Usage),
            or_(
                client.c.zone_row_id != target.c.zone_row_id,
                by_service & (service_instance.c.space != target_instance.c.space),
            ),
        )
        .order_by(service_instance.c.instance_id, application_reference.c.id)
    )


_CROSSING_PINS = _crossing_pins()

_OVERVIEW = (
    select(
        zone,
        func.count(service_instance.c.id).label("instances"),
        _tenants.label("tenants"),
        _unidentified.label("unidentified"),
        _displaced.label("displaced"),
    )
    .where(zone.c.number != OPERATOR_INDEX)
    .outerjoin(client, client.c.zone_row_id == zone.c.id)
    .outerjoin(service_instance, service_instance.c.client_row_id == client.c.id)
    .group_by(*zone.c)
    .order_by(zone.c.number)
)


def _pin(row: Row[*tuple[Any, ...]]) -> Pin:
    return Pin(
        row_id=row.id,
        reference=Reference(
            Usage(row.usage), row.holder, row.app_id, row.service_instance, row.name
        ),
        instance_id=row.instance_id,
        app_id=row.owner_app_id,
        zone=Zone(
            row.own_id, row.own_number, row.own_guid, row.own_subdomain, row.own_grants_epoch
        ),
        space=row.space,
        target_row_id=row.target_row_id,
        target_app_id=row.target_app_id,
        target_zone=Zone(
            row.target_id,
            row.target_number,
            row.target_guid,
            row.target_subdomain,
            row.target_grants_epoch,
        ),
    )


def _overview(row: Row[*tuple[Any, ...]]) -> ZoneOverview:
    numbers = row.instances, row.tenants, row.unidentified, row.displaced
    return ZoneOverview(zone_of(row), row.platform, row.external_key, *numbers)
