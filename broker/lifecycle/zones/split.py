"""The split of a zone in which an earlier version mixed tenants (D-53)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.authorization.collections.model import Use
from broker.authorization.collections.ports import WithDeclaredCollections
from broker.errors import ConfigurationError, InvalidRequest
from broker.identity.zone import overview_named
from broker.lifecycle.events import instance_event
from broker.lifecycle.zones.complete import TenantStore, dissolve_pins
from broker.transactions import Locks, Rehearses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.zone import Zone, ZoneDirectory
    from broker.instances.model import Instance
    from broker.lifecycle.zones.ports import Pin
    from broker.transactions import Transactions


class SplitStore(TenantStore, WithDeclaredCollections, Locks, Rehearses, Protocol):
    """The store of a split."""


@dataclass(frozen=True, slots=True)
class Split:
    """The moved instances, those that stay with the reason, and the dissolved pins.

    ``ended`` is the use of the role collections of moved instances, whose users stay.
    """

    zone: Zone
    moved: Sequence[Instance]
    kept: Sequence[tuple[Instance, str]]
    dissolved: Sequence[Pin]
    ended: Use


@dataclass(frozen=True, slots=True)
class SplitZone:
    """Moves the instances of a mixed zone to the zones of their tenants.

    Application ids, client ids and credentials stay the same; clients get tokens of the new zone.
    """

    transactions: Transactions[SplitStore]
    zones: ZoneDirectory
    clock: Clock

    def __call__(self, actor: Actor, name: str, *, dry_run: bool) -> Split:
        """Split the zone with this index, GUID or subdomain, or only compute the result.

        Raises ConfigurationError if there is no such zone or it is not mixed.
        """
        return self.transactions.run(
            lambda store: self._in_transaction(store, actor, name, dry_run=dry_run)
        )

    def _in_transaction(
        self, store: SplitStore, actor: Actor, name: str, *, dry_run: bool
    ) -> Split:
        if dry_run:
            store.rehearse()
        zone = _mixed_zone(store, name)
        ids = store.tenants.instances_of(zone)
        for instance_id in ids:
            store.lock(instance_id)
        store.zones.grants_changed(zone)
        moved, kept, ended = [], [], Use()
        for instance_id in ids:
            instance = store.instances.find(instance_id)
            if instance is None or instance.client.zone != zone:
                continue
            in_use = store.declared_collections.in_use(instance.client)
            target = self._move(store, actor, instance)
            if isinstance(target, str):
                kept.append((instance, target))
            elif target.client.zone != zone:
                moved.append(target)
                ended = sum(in_use.values(), ended)
        for instance in moved:
            store.references.resolve_pending(instance)
            store.held_names.mark_granted(instance.client)
        return Split(zone, moved, kept, dissolve_pins(store, actor, self.clock), ended)

    def _move(self, store: SplitStore, actor: Actor, instance: Instance) -> Instance | str:
        """Return the instance in the zone of its tenant, or why it is not moved."""
        now, former = self.clock.now(), instance.client.zone
        try:
            key = self.zones.key(instance.platform, instance.context, instance.organization_guid)
        except InvalidRequest as error:
            return str(error)
        zone = store.zones.find_or_create(key, now)
        if zone == former:
            # Even the last tenant leaves, unless the zone is its own by key.
            zone = store.zones.find_or_create(replace(key, tenant="", earlier_key=""), now)
        if zone != former:
            # Locks the zone: no application of the same name is added before the commit.
            store.zones.grants_changed(zone)
            if obstacle := store.tenants.obstacle(instance, zone):
                return obstacle
        ended = Use()
        if zone != former:
            # Users and the collections of administrators stay in the former zone.
            ended = store.declared_collections.end_use(instance.client)
            store.declared_collections.leave_made_by_administrators(instance.client)
        moved = store.tenants.move(instance, key.tenant, zone)
        if zone != former:
            for changed in (former, zone):
                store.zones.roles_changed(changed)
            store.audit.append(
                instance_event(
                    Action.MOVE_INSTANCE,
                    actor,
                    moved,
                    now,
                    app_id=moved.client.app_id,
                    tenant=key.tenant,
                    former_zone=former.guid,
                    ended_assignments=ended.assignments,
                    ended_mappings=ended.mappings,
                )
            )
        return moved


def _mixed_zone(store: SplitStore, name: str) -> Zone:
    found = overview_named(store.tenants.zones(), name)
    if found is None:
        raise ConfigurationError(f"No zone has index, GUID or subdomain {name[:64]}.")
    if not found.is_mixed:
        raise ConfigurationError(
            f"Zone {found.zone.subdomain} has the instances of one tenant: nothing to split."
        )
    return found.zone
