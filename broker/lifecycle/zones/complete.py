"""Completion of tenants, spaces and pins that an older version stored (D-53)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.audit.ports import WithAudit
from broker.authorization.ports import WithHeldNames, WithReferences
from broker.descriptor.names import AppId
from broker.identity.ports import WithZones
from broker.instances.model import space_of
from broker.lifecycle.events import instance_event
from broker.lifecycle.ports import WithInstances
from broker.lifecycle.zones.ports import Placement, WithTenants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.zone import ZoneDirectory
    from broker.lifecycle.zones.ports import Pin, Unplaced
    from broker.transactions import Transactions

_PAGE_SIZE = 500
_MAX_LISTED = 50
"""References in one audit event."""


class TenantStore(
    WithTenants, WithZones, WithInstances, WithReferences, WithHeldNames, WithAudit, Protocol
):
    """The store of tenants and of the references between them."""


@dataclass(frozen=True, slots=True)
class CompleteTenants:
    """Stores tenants and spaces, and dissolves pins to other zones."""

    transactions: Transactions[TenantStore]
    zones: ZoneDirectory
    clock: Clock

    def __call__(self, actor: Actor) -> tuple[int, int]:
        """Complete all instances; return the numbers of instances and of dissolved pins."""
        placed = 0
        while page := self.transactions.run(self._place_page):
            placed += page
        if placed:
            details = {"instances": placed}
            event = AuditEvent(Action.PLACE_INSTANCES, actor, DATABASE, self.clock.now(), details)
            self.transactions.run(lambda store: store.audit.append(event))
        if not self.transactions.read(_foreign_pins):
            return placed, 0
        dissolved = self.transactions.run(lambda store: dissolve_pins(store, actor, self.clock))
        return placed, len(dissolved)

    def _place_page(self, store: TenantStore) -> int:
        found = store.tenants.unplaced(_PAGE_SIZE)
        store.tenants.place([self._placement(each) for each in found])
        return len(found)

    def _placement(self, instance: Unplaced) -> Placement:
        tenant = self.zones.tenant_key(
            instance.platform, instance.context, instance.organization_guid
        )
        space = space_of(
            instance.platform, instance.space_guid, instance.context, instance.zone_guid
        )
        moves = instance.space is not None and instance.space != space
        return Placement(instance.row_id, instance.client_row_id, tenant, space, moves)


def dissolve_pins(store: TenantStore, actor: Actor, clock: Clock) -> Sequence[Pin]:
    """Dissolve pins to zones that their references do not name, and audit them per instance.

    The references are resolved again, within their own zone and space.
    """
    pins = _foreign_pins(store)
    zones = {zone.row_id: zone for pin in pins for zone in (pin.zone, pin.target_zone)}
    for row_id in sorted(zones):
        store.zones.grants_changed(zones[row_id])
    store.tenants.unpin(pins)
    by_instance = defaultdict[str, list["Pin"]](list)
    for pin in pins:
        by_instance[pin.instance_id].append(pin)
    for instance_id, dissolved in sorted(by_instance.items()):
        instance = store.instances.find(instance_id)
        if instance is None:
            continue
        store.references.resolve_own(instance)
        store.held_names.mark_granted(instance.client)
        listed = [
            {"reference": str(pin.reference), "application": pin.target_app_id}
            for pin in dissolved[:_MAX_LISTED]
        ]
        store.audit.append(
            instance_event(
                Action.DISSOLVE_PINS,
                actor,
                instance,
                clock.now(),
                pins=len(dissolved),
                references=listed,
            )
        )
    return pins


def _foreign_pins(store: TenantStore) -> list[Pin]:
    return [pin for pin in store.tenants.crossing_pins() if not names_target_zone(pin)]


def names_target_zone(pin: Pin) -> bool:
    """Return whether the reference itself names the zone of its target."""
    if not pin.reference.app_id or pin.zone == pin.target_zone:
        # By service instance, or within the zone.
        return bool(pin.reference.app_id)
    try:
        named, own = AppId.parse(pin.reference.app_id), AppId.parse(pin.app_id)
    except ValueError:
        return False
    # After a split, applications name others of their own zone by the index of the former one.
    return named.zone_index == pin.target_zone.index != own.zone_index
