"""Store interfaces for zones."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from broker.identity.zone import Zone, ZoneKey


class Zones(Protocol):
    """Stores zones by platform and key."""

    def find_or_create(self, key: ZoneKey, now: datetime) -> Zone:
        """Return the zone of the key; create it if it does not exist."""

    def find(self, key: ZoneKey) -> Zone | None:
        """Return the zone of the key, None if it does not exist."""

    def grants_changed(self, zone: Zone) -> None:
        """Advance the zone's grants epoch, which invalidates cached authorities (D-36).

        The zone is locked until the commit.
        """

    def roles_changed(self, zone: Zone) -> None:
        """Advance the zone's roles epoch, which invalidates cached rights (I-143).

        The zone is locked until the commit.
        """

    def lock_roles(self, zone: Zone) -> None:
        """Lock the zone until the commit: its role collections and their use do not change."""


class WithZones(Protocol):
    """A transaction that accesses zones."""

    @property
    def zones(self) -> Zones:
        """The repository of zones."""
