"""The zone whose users, roles and providers a command or an API client administers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from broker.descriptor.paths import printable
from broker.errors import NotFound, StateConflict

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from broker.transactions import Locks


class NamedZones(Protocol):
    """Finds zones by name."""

    def named(self, name: str) -> Zone | None:
        """Return the zone with this index, GUID or subdomain, None if it does not exist."""


class MixedZones(Protocol):
    """Knows the zones in which an earlier version placed several tenants."""

    def is_mixed(self, zone: Zone) -> bool:
        """Return whether the zone contains instances of several tenants (D-53)."""


class WithTenants(Protocol):
    """A transaction that knows the tenants of zones."""

    @property
    def tenants(self) -> MixedZones:
        """The repository of tenants."""


class ZoneStore(WithTenants, Protocol):
    """The store of zones."""

    @property
    def zones(self) -> NamedZones:
        """The repository of zones."""


FindZone = Callable[[Any, str], "Zone"]
"""Finds a zone by name within a transaction; raises NotFound and StateConflict."""


def administered_zone(store: ZoneStore, name: str) -> Zone:
    """Return the zone with this index, GUID or subdomain.

    Raises NotFound, and StateConflict for a zone with several tenants, whose administrators would
    have rights in the applications of all of them (D-53).
    """
    zone = any_zone(store, name)
    require_one_tenant(store, zone)
    return zone


def require_one_tenant(store: WithTenants, zone: Zone) -> None:
    """Raise StateConflict for a zone with several tenants."""
    if store.tenants.is_mixed(zone):
        raise StateConflict(
            f"Zone {zone.subdomain} contains service instances of several tenants and has no users"
            f" until it is split: zones split {zone.subdomain}."
        )


def any_zone(store: ZoneStore, name: str) -> Zone:
    """Return the zone with this index, GUID or subdomain, also one with several tenants.

    For withdrawals, which add no rights. Raises NotFound.
    """
    zone = store.zones.named(name)
    if zone is None:
        raise NotFound(f"There is no zone {printable(name)}; the command zones list lists all.")
    return zone


def lock_providers(store: Locks, zone: Zone) -> None:
    """Lock the zone's identity providers until the commit: they and their users are compared.

    Who a user is depends on the provider's configuration, which is frozen from the first user on
    (D-46).
    """
    store.lock(f"providers of {zone.guid}")
