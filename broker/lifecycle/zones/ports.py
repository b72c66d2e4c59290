"""Store interfaces for the tenants of service instances."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from broker.authorization.reference import Reference
from broker.identity.zone import Zone, ZoneOverview
from broker.instances.model import Instance


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An instance whose tenant or space an older version stored; its zone stays the same."""

    row_id: int
    client_row_id: int
    platform: str
    organization_guid: str | None
    space_guid: str | None
    space: str | None
    context: Mapping[str, Any]
    zone_guid: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Tenant and space of an instance; ``moves_space``: whether references store another space."""

    row_id: int
    client_row_id: int
    tenant: str
    space: str
    moves_space: bool


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned reference whose owner and target are in different zones or spaces."""

    row_id: int
    reference: Reference
    instance_id: str
    app_id: str
    zone: Zone
    space: str
    target_row_id: int
    target_app_id: str
    target_zone: Zone


class Tenants(Protocol):
    """Tenants, spaces and zones of service instances."""

    def unplaced(self, limit: int) -> Sequence[Unplaced]:
        """Return instances whose tenant is unknown, or whose space is that of a placeholder."""

    def place(self, placements: Collection[Placement]) -> None:
        """Store tenants and spaces."""

    def crossing_pins(self) -> Sequence[Pin]:
        """Return pins to another zone, and pins by service instance name to another space."""

    def unpin(self, pins: Collection[Pin]) -> None:
        """Make these references pending."""

    def zones(self) -> Sequence[ZoneOverview]:
        """Return all zones in the order of their indexes."""

    def is_mixed(self, zone: Zone) -> bool:
        """Return whether an earlier version placed several tenants in the zone."""

    def instances_of(self, zone: Zone) -> Sequence[str]:
        """Return the ids of the zone's instances, sorted."""

    def obstacle(self, instance: Instance, zone: Zone) -> str | None:
        """Return why the instance cannot be moved to the zone, None if it can."""

    def move(self, instance: Instance, tenant: str, zone: Zone) -> Instance:
        """Move the instance with its client and role collections; return it in the zone."""


class WithTenants(Protocol):
    """A transaction that accesses tenants."""

    @property
    def tenants(self) -> Tenants:
        """The repository of tenants."""
