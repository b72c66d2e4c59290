"""Which zone (tenant) a service instance belongs to (D-09)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.ids import guid_for, name_based_guid

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True)
class Zone:
    """A tenant; index, GUID and subdomain never change and are never used again."""

    row_id: int
    index: int
    guid: str
    subdomain: str


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """What identifies a zone for a platform, and what a new one would be called."""

    external_key: str
    organization_guid: str | None
    name: str

    def guid(self, platform: str) -> str:
        """Return the organization's GUID when it is one, else a name-based GUID."""
        return guid_for(self.organization_guid or "", "zone", platform, self.external_key)

    def fallback_guid(self, platform: str) -> str:
        """Return the name-based GUID: for keys that are none, and for a GUID already taken."""
        return name_based_guid("zone", platform, self.external_key)

    def subdomain(self, index: int) -> str:
        """Return a host label made of the name and the zone's index."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:_LONGEST_SLUG].strip("-")
        return f"{slug or 'zone'}-{index}"


def zone_key(context: Mapping[str, Any], organization_guid: str | None) -> ZoneKey:
    """Derive the key: Kubernetes namespace and cluster, else organization, else the default."""
    namespace, cluster = context.get("namespace"), context.get("clusterid")
    if context.get("platform") == "kubernetes" and namespace and cluster:
        return ZoneKey(f"kubernetes:{cluster}/{namespace}", None, str(namespace))
    if organization_guid:
        name = str(context.get("organization_name") or "")
        return ZoneKey(f"organization:{organization_guid}", organization_guid, name)
    return ZoneKey("default", None, "default")
