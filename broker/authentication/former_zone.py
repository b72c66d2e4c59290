"""The zone from which a split moved a client (D-53)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.descriptor.names import AppId

if TYPE_CHECKING:
    from broker.identity.client import Client


class ZoneNames(Protocol):
    """Compares the names of a zone."""

    def is_named(self, index: int, *, guid: str = "", subdomain: str = "") -> bool:
        """Return whether the zone with this index has this GUID or subdomain."""


@dataclass(frozen=True, slots=True)
class FormerZones:
    """Recognises the former zone of a client: bindings from before the split contain its names."""

    zones: ZoneNames

    def is_of(self, client: Client, *, guid: str = "", subdomain: str = "") -> bool:
        """Return whether a split moved the client from the zone with this GUID or subdomain.

        Only for a client that was moved, the store is asked.
        """
        index = AppId.parse(client.app_id).zone_index
        if index == client.zone.index:
            return False
        return self.zones.is_named(index, guid=guid, subdomain=subdomain)
