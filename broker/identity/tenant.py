"""The tenant of a request, identified by one context member of its platform (D-53)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

ORGANIZATION = "organization_guid"
SUBACCOUNT = "subaccount_id"
NAMESPACE = "clusterid+namespace"

_MEMBERS = {
    "cloudfoundry": ORGANIZATION,
    "kubernetes": NAMESPACE,
    # SAP Service Manager sends "-" as GUID of organization and space of every tenant.
    "sapcp": SUBACCOUNT,
    "service-manager": SUBACCOUNT,
}
_KINDS = {ORGANIZATION: "organization", SUBACCOUNT: "subaccount", NAMESPACE: "kubernetes"}
_NAMES = {ORGANIZATION: "organization_name", SUBACCOUNT: "subaccount_name"}
_MAX_VALUE = 255


def identification(value: object) -> str | None:
    """Return the value if it identifies something; placeholders such as ``-`` do not."""
    if not isinstance(value, str) or len(value) > _MAX_VALUE or not value.isprintable():
        return None
    return value if any(map(str.isalnum, value)) else None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant of a platform; ``key`` is unique within the platform."""

    key: str
    guid: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """How a platform identifies its tenants.

    ``member`` is the identifying context member, '' for the one that belongs to
    ``context.platform``. Without it a request is refused, except on a single-tenant platform.
    ``gives_guids``: whether the identifying GUID of a new zone's tenant becomes the zone's GUID.
    """

    member: str = ""
    single_tenant: bool = False
    gives_guids: bool = False

    def tenant(self, context: Mapping[str, Any], organization_guid: str | None) -> Tenant | None:
        """Return the tenant; None on a single-tenant platform that does not identify it.

        Raises InvalidRequest, which names the missing member.
        """
        member = self.member_of(context)
        given = {**context, ORGANIZATION: organization_guid}
        values = {part: identification(given.get(part)) for part in member.split("+")}
        missing = next((part for part, value in values.items() if value is None), None)
        if missing is None:
            return _tenant(member, list(filter(None, values.values())), context)
        if self.single_tenant:
            return None
        path = missing if missing == ORGANIZATION else f"context.{missing}"
        raise InvalidRequest.at(
            path,
            "no value that identifies the tenant",
            f"the {missing} of the tenant; the operator can set zone_member or single_tenant in"
            " XSUAA_PLATFORMS, or a rule in XSUAA_ZONES",
        )

    def context_of(self, members: Mapping[str, str], name: str) -> dict[str, str]:
        """Return the context of a request with these identifying members and this name.

        Raises InvalidRequest if other members identify the platform's tenants.
        """
        if not members and self.single_tenant:
            return {"platform": ""}
        given = "+".join(sorted(members))
        platform = next((key for key, member in _MEMBERS.items() if member == given), "")
        member = self.member or (given if platform else "")
        if not given or given != "+".join(sorted(member.split("+"))):
            allowed = self.member or f"{ORGANIZATION}, {SUBACCOUNT} or {NAMESPACE}"
            raise InvalidRequest.at("members", given or "none", allowed.replace("+", " and "))
        return {**members, "platform": platform, _NAMES.get(member, "tenant_name"): name}

    def member_of(self, context: Mapping[str, Any]) -> str:
        """Return the identifying member of a request with this context."""
        platform = context.get("platform")
        by_platform = _MEMBERS.get(platform) if isinstance(platform, str) else None
        return self.member or by_platform or ORGANIZATION


SINGLE_PLATFORM = {"default": Tenancy(single_tenant=True, gives_guids=True)}
"""The tenancies of a broker without additional platforms."""


def _tenant(member: str, values: list[str], context: Mapping[str, Any]) -> Tenant:
    value = "/".join(values)
    if member == NAMESPACE:
        return Tenant(f"kubernetes:{value}", name=values[-1])
    name = identification(context.get(_NAMES.get(member, "tenant_name")))
    return Tenant(f"{_KINDS.get(member, member)}:{value}", value, name or "")
