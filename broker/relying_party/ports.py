"""Store interfaces of the relying party."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from broker.identity.administered_zone import ZoneStore
from broker.identity.providers.provider import Provider
from broker.identity.users.ports import Users, UserStore
from broker.identity.zone import Zone


class ProviderRecords(Protocol):
    """Reads identity providers and their client secrets."""

    def of_zone(self, zone_: Zone) -> Sequence[Provider]:
        """Return the records of the zone, sorted by origin."""

    def find(self, zone_: Zone, origin: str) -> Provider | None:
        """Return the record of the zone's provider with this origin."""

    def secret(self, provider: Provider) -> str | None:
        """Return the client secret, None without one; raise IntegrityViolated."""


class LogonUsers(Users, Protocol):
    """Users, and whether a provider has any."""

    def has_of_origin(self, zone_: Zone, origin: str) -> bool:
        """Return whether the zone has a user of this origin."""


class LogonStore(UserStore, ZoneStore, Protocol):
    """The repositories of a logon at a provider."""

    @property
    def providers(self) -> ProviderRecords:
        """The repository of identity providers."""

    @property
    def users(self) -> LogonUsers:
        """The repository of users."""
