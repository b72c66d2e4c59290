"""The zone (tenant) of a service instance (D-09, D-53)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from broker.errors import ConfigurationError, InvalidRequest
from broker.identity.tenant import (
    NAMESPACE,
    ORGANIZATION,
    SINGLE_PLATFORM,
    Tenancy,
    identification,
)
from broker.ids import is_canonical_guid, name_based_guid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MAX_SLUG = 40
_MAX_KEY = 512
_MAPPED = "mapped"
DEFAULT_TENANT = "default"
"""The tenant of requests without identification on a single-tenant platform."""

OPERATOR_INDEX = 0
"""The index of the operator's own zone; its names are none that a rule or request can have."""

OPERATOR_ZONE = "_operator"
"""The platform, key and subdomain of the operator's zone (D-56)."""

ANY_PLATFORM = ""
"""The platform of zones that rules name; rules may join tenants of several platforms."""


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
    """The identity of a zone, and the names for a new one.

    ``tenant`` is the key of the request's tenant, '' for an unidentified one; ``earlier_key`` is
    the key under which an earlier version created the zone of a request without identification.
    """

    platform: str
    external_key: str
    preferred_guid: str = ""
    name: str = ""
    fixed_subdomain: str | None = None
    tenant: str = ""
    earlier_key: str = ""

    @property
    def is_mapped(self) -> bool:
        """Whether a rule of the operator named the zone, which may join several tenants."""
        return self.platform == ANY_PLATFORM

    def guids(self) -> Iterator[str]:
        """Yield the GUIDs for a new zone: the preferred one if it is valid, then name-based ones.

        The first that no other zone has is the zone's GUID.
        """
        if is_canonical_guid(self.preferred_guid):
            yield self.preferred_guid
        yield name_based_guid("zone", self.platform, self.external_key)
        for number in count(2):
            yield name_based_guid("zone", self.platform, self.external_key, str(number))

    def subdomains(self, index: int) -> Iterator[str]:
        """Yield host labels for a new zone with this index: built from its name and the index.

        The first that no other zone has is the zone's subdomain. A fixed label is the only one.
        """
        if self.fixed_subdomain is not None:
            yield self.fixed_subdomain
            return
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:_MAX_SLUG].strip("-")
        label = f"{slug or 'zone'}-{index}"
        yield label
        for number in count(2):
            yield f"{label}-{number}"


@dataclass(frozen=True, slots=True)
class ZoneOverview:
    """A zone with its key, and the numbers of its instances and tenants.

    ``unidentified`` instances have no tenant; the tenants of ``displaced`` ones have other zones.
    """

    zone: Zone
    platform: str
    external_key: str
    instances: int
    tenants: int
    unidentified: int
    displaced: int = 0

    @property
    def is_mixed(self) -> bool:
        """Whether an earlier version placed several tenants in the zone (D-53).

        It stays mixed until all are in their own zones. A rule may join tenants on purpose.
        """
        if self.platform == ANY_PLATFORM:
            return False
        identified = identification(self.external_key.partition(":")[2] or self.external_key)
        unknown = not identified and self.unidentified > 0 and self.instances > 1
        return self.tenants > 1 or self.displaced > 0 or unknown


def overview_named(zones: Sequence[ZoneOverview], name: str) -> ZoneOverview | None:
    """Return the zone with this index, else with this GUID, else with this subdomain."""
    for column in ("index", "guid", "subdomain"):
        for each in zones:
            if str(getattr(each.zone, column)) == name:
                return each
    return None


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """An operator's rule that maps requests with these members to the zone of this name."""

    subdomain: str
    guid: str = ""
    platform: str = ""
    organization_guid: str = ""
    subaccount_id: str = ""
    clusterid: str = ""
    namespace: str = ""

    def applies(
        self, platform: str, member: str, context: Mapping[str, Any], organization_guid: str | None
    ) -> bool:
        """Return whether the request matches every member that the rule sets.

        ``member`` identifies the request's tenant. Cluster and namespace match only where they do:
        behind SAP Service Manager the tenant itself chooses them.
        """
        in_cluster = context if member == NAMESPACE else {}
        members = (
            (self.platform, platform),
            (self.organization_guid, organization_guid),
            (self.subaccount_id, context.get("subaccount_id")),
            (self.clusterid, in_cluster.get("clusterid")),
            (self.namespace, in_cluster.get("namespace")),
        )
        return all(not rule or rule == given for rule, given in members)


@dataclass(frozen=True, slots=True)
class ZoneDirectory:
    """Determines the zone of a request; the operator's rules take precedence, in order."""

    rules: Sequence[ZoneRule] = ()
    tenancies: Mapping[str, Tenancy] = field(default_factory=lambda: SINGLE_PLATFORM)

    def key(
        self, platform: str, context: Mapping[str, Any], organization_guid: str | None
    ) -> ZoneKey:
        """Return the key: a rule's zone, else the tenant's, else the platform's default zone.

        Raises InvalidRequest if the request does not identify its tenant and may not lack it.
        """
        tenancy = self.tenancies.get(platform, Tenancy())
        member = tenancy.member_of(context)
        for rule in self.rules:
            if rule.applies(platform, member, context, organization_guid):
                return _key_of(rule, self.tenant_key(platform, context, organization_guid))
        tenant = tenancy.tenant(context, organization_guid)
        if tenant is not None:
            return ZoneKey(
                platform,
                _bounded(tenant.key),
                tenant.guid if tenancy.gives_guids else "",
                tenant.name,
                tenant=_bounded(tenant.key),
            )
        # An organization that already has a zone keeps it.
        earlier = _bounded(f"organization:{organization_guid}") if organization_guid else ""
        return ZoneKey(
            platform, "default", name="default", tenant=DEFAULT_TENANT, earlier_key=earlier
        )

    def key_of(self, platform: str, members: Mapping[str, str], name: str) -> ZoneKey:
        """Return the key for a tenant with these identifying members.

        Raises InvalidRequest if they do not identify a tenant of the platform, and
        ConfigurationError if the platform is not configured.
        """
        if platform not in self.tenancies:
            known = ", ".join(sorted(self.tenancies))
            raise ConfigurationError(f"Platform {platform} is not configured; allowed: {known}.")
        context = self.tenancies[platform].context_of(members, name)
        organization = members.get(ORGANIZATION)
        tenant = self.tenant_key(platform, context, organization)
        if members and tenant in {"", DEFAULT_TENANT}:
            raise InvalidRequest.at("members", "no value that identifies a tenant", "its id")
        return self.key(platform, context, organization)

    def tenant_key(
        self, platform: str, context: Mapping[str, Any], organization_guid: str | None
    ) -> str:
        """Return the key of the platform's tenant, '' if the request does not identify it.

        It is ``DEFAULT_TENANT`` if the platform is single-tenant.
        """
        try:
            tenant = self.tenancies.get(platform, Tenancy()).tenant(context, organization_guid)
        except InvalidRequest:
            return ""
        return _bounded(tenant.key) if tenant else DEFAULT_TENANT

    def given_guid(self, platform: str, external_key: str) -> str:
        """Return the GUID that the platform or a rule gives the zone of this key, '' without one.

        A rule gives the one that it sets, a platform with ``gives_guids`` that of the tenant.
        """
        prefix, _, value = external_key.partition(":")
        if platform == ANY_PLATFORM and prefix == _MAPPED:
            return next((each.guid for each in self.rules if value == each.subdomain), "")
        gives_guids = self.tenancies.get(platform, Tenancy()).gives_guids
        return value if gives_guids and is_canonical_guid(value) else ""

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


def _key_of(rule: ZoneRule, tenant: str = "") -> ZoneKey:
    # Rules may join organizations, also of different platforms, in one zone.
    named = f"{_MAPPED}:{rule.subdomain}"
    return ZoneKey(ANY_PLATFORM, named, rule.guid, fixed_subdomain=rule.subdomain, tenant=tenant)
