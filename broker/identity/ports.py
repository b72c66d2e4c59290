"""What zones need from a store."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from broker.identity.zone import Zone, ZoneKey


class Zones(Protocol):
    """Zones by platform and key."""

    def find_or_create(self, key: ZoneKey, now: datetime) -> Zone:
        """Return the zone of the key."""

    def grants_changed(self, zone: Zone) -> None:
        """Advance the zone's grants epoch, so that no resolved authority outlives it (D-36).

        Until the commit no other transaction changes the zone.
        """


class WithZones(Protocol):
    """Zones."""

    @property
    def zones(self) -> Zones:
        """Zones."""
