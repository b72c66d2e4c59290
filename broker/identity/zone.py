"""The zone (tenant) of a service instance (D-09)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from broker.ids import guid_for, name_based_guid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_SLUG = 40
_MAX_KEY = 512
_ANY_PLATFORM = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """A tenant; index, GUID and subdomain never change and are never reused.

    ``grants_epoch`` advances whenever grants between its applications change (D-36).
    """

    row_id: int
    index: int
    guid: str
    subdomain: str
    grants_epoch: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """The identity of a zone, and the names for a new one."""

    platform: str
    external_key: str
    preferred_guid: str = ""
    name: str = ""
    fixed_subdomain: str | None = None

    @property
    def guid(self) -> str:
        """The preferred GUID if it is valid, else a name-based GUID."""
        return guid_for(self.preferred_guid, "zone", self.platform, self.external_key)

    @property
    def fallback_guid(self) -> str:
        """The name-based GUID, used if the preferred one is taken."""
        return name_based_guid("zone", self.platform, self.external_key)

    def subdomain(self, index: int) -> str:
        """Return the fixed host label, or one built from the name and the zone's index."""
        if self.fixed_subdomain is not None:
            return self.fixed_subdomain
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:_MAX_SLUG].strip("-")
        return f"{slug or 'zone'}-{index}"


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """An operator's rule that maps requests with these members to the zone of this name."""

    subdomain: str
    guid: str = ""
    platform: str = ""
    organization_guid: str = ""
    clusterid: str = ""
    namespace: str = ""

    def applies(
        self, platform: str, context: Mapping[str, Any], organization_guid: str | None
    ) -> bool:
        """Return whether the request matches every member that the rule sets."""
        members = (
            (self.platform, platform),
            (self.organization_guid, organization_guid),
            (self.clusterid, context.get("clusterid")),
            (self.namespace, context.get("namespace")),
        )
        return all(not rule or rule == given for rule, given in members)


@dataclass(frozen=True, slots=True)
class ZoneDirectory:
    """Determines the zone of a request; the operator's rules take precedence, in order."""

    rules: Sequence[ZoneRule] = ()

    def key(
        self, platform: str, context: Mapping[str, Any], organization_guid: str | None
    ) -> ZoneKey:
        """Return the key: a rule's zone, else namespace, else organization, else the default."""
        for rule in self.rules:
            if rule.applies(platform, context, organization_guid):
                return _key_of(rule)
        namespace, cluster = context.get("namespace"), context.get("clusterid")
        if context.get("platform") == "kubernetes" and namespace and cluster:
            external = f"kubernetes:{cluster}/{namespace}"
            return ZoneKey(platform, _bounded(external), name=str(namespace))
        if organization_guid:
            name = str(context.get("organization_name") or "")
            external = f"organization:{organization_guid}"
            return ZoneKey(platform, _bounded(external), organization_guid, name)
        return ZoneKey(platform, "default", name="default")

    def mapped(self, name: str) -> ZoneKey | None:
        """Return the key of the zone to which a rule assigns this subdomain or GUID."""
        for rule in self.rules:
            if name in {rule.subdomain, rule.guid}:
                return _key_of(rule)
        return None


def _bounded(external_key: str) -> str:
    # Limited by the column; a longer id is replaced by a GUID derived from it.
    too_long = len(external_key) > _MAX_KEY
    return name_based_guid("external key", external_key) if too_long else external_key


def _key_of(rule: ZoneRule) -> ZoneKey:
    # Rules may join organizations, also of different platforms, in one zone.
    named = f"mapped:{rule.subdomain}"
    return ZoneKey(_ANY_PLATFORM, named, rule.guid, fixed_subdomain=rule.subdomain)
