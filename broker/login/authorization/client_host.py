"""The host at which a client's users log in and out (I-62, D-31, D-53)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import BrokerError, ZoneNotFound

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.authentication.former_zone import FormerZones
    from broker.identity.client import Client


class HostMoved(BrokerError):
    """The host is of the zone from which a split moved the client."""

    def __init__(self, origin: str) -> None:
        """``origin`` is that of the client's zone."""
        self.origin = origin
        super().__init__(f"The client has moved to {origin}")


@dataclass(frozen=True, slots=True)
class HostsOfClients:
    """Compares a request's host with the zone of a client."""

    addresses: Addresses
    former_zones: FormerZones

    def require(self, client: Client, host: str) -> None:
        """Raise ZoneNotFound at the host of another zone, HostMoved at that of the former zone.

        ``host`` is the ``Host`` header. Cookies, and the callbacks of identity providers, are of
        the host of the client's zone: a login must not continue at the former one.
        """
        named, own = self.addresses.zone_named_by(host), client.zone.subdomain
        if named in {None, own}:
            return
        if self.former_zones.is_of(client, subdomain=named or ""):
            raise HostMoved(self.addresses.url(own))
        raise ZoneNotFound

    def is_zone_of(self, client: Client, guid: str) -> bool:
        """Return whether it is the GUID of the client's zone, or of the former one."""
        return guid == client.zone.guid or self.former_zones.is_of(client, guid=guid)
