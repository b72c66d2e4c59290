"""The domain model of service instances and bindings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broker.credentials.owner_mac import InstanceOwner
from broker.descriptor.model import TenantMode
from broker.descriptor.names import AppId
from broker.identity.tenant import identification
from broker.ids import name_based_guid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.credentials.envelope import Payload
    from broker.identity.client import Client
    from broker.instances.plan import Plan

JsonObject = dict[str, Any]

_MAX_NAME_LENGTH = 255


def space_of(
    platform: str, space_guid: str | None, context: Mapping[str, Any], zone_guid: str
) -> str:
    """Return the GUID of an instance's space; placeholders such as ``-`` are none."""
    if known := identification(space_guid):
        return name_based_guid("space", platform, known)
    cluster = identification(context.get("clusterid"))
    namespace = identification(context.get("namespace"))
    if cluster and namespace:
        return name_based_guid("namespace", platform, cluster, namespace)
    return zone_guid


@dataclass(frozen=True, slots=True)
class Instance:
    """A service instance."""

    row_id: int
    instance_id: str
    platform: str
    client: Client
    service_id: str
    plan_id: str
    plan: Plan
    xsappname: str
    tenant_mode: TenantMode
    parameters: JsonObject
    organization_guid: str | None
    space_guid: str | None
    context: JsonObject
    created_at: datetime
    updated_at: datetime
    approved_at: datetime | None = None
    """When its client was approved for xs_* scopes; None if it was not (D-57)."""
    tenant: str = ""
    """The key of the platform's tenant, '' if the platform did not identify it (D-53)."""

    @property
    def owner(self) -> InstanceOwner:
        """What binds the instance's secrets to it (D-52)."""
        return InstanceOwner(self.row_id, self.instance_id, self.platform, self.client.identity)

    @property
    def is_approved(self) -> bool:
        """Whether its client was approved for xs_* scopes (D-57)."""
        return self.approved_at is not None

    @property
    def app_id(self) -> AppId:
        """The application id, which a split of the zone does not change."""
        return AppId.parse(self.client.app_id)

    @property
    def local_id(self) -> str:
        """The application id by the index of the present zone."""
        return str(AppId(self.xsappname, self.plan.letter, self.client.zone.index))

    @property
    def name(self) -> str | None:
        """The instance's name on the platform, if the platform sends a valid one."""
        name = self.context.get("instance_name")
        is_name = (
            isinstance(name, str) and 1 <= len(name) <= _MAX_NAME_LENGTH and name.isprintable()
        )
        return name if is_name else None

    @property
    def space(self) -> str:
        """The GUID of the space, which may reuse a deleted instance's name.

        Without a space it is that of the namespace, else the zone (D-53).
        """
        return space_of(self.platform, self.space_guid, self.context, self.client.zone.guid)

    @property
    def location(self) -> tuple[str | None, str | None]:
        """Organization and space, or cluster and namespace: names if the platform sends them."""
        context = self.context
        names = (context.get("organization_name"), context.get("space_name"))
        guids = (self.organization_guid, self.space_guid)
        others = (context.get("clusterid"), context.get("namespace"))
        first, second = (
            next((each for each in found if each and isinstance(each, str)), None)
            for found in zip(names, guids, others, strict=True)
        )
        return first, second

    def holder(self, binding: BindingSummary) -> str:
        """Return the name under which a user finds the binding on the platform.

        Only Cloud Foundry names applications, and has service keys beside bindings.
        """
        if binding.app_guid:
            return f"app {binding.app_guid} (binding {binding.binding_id})"
        is_kubernetes = self.context.get("platform") == "kubernetes"
        return f"{'binding' if is_kubernetes else 'service key'} {binding.binding_id}"


@dataclass(frozen=True, slots=True)
class BindingSummary:
    """A binding or service key without its content."""

    binding_id: str
    credential_type: str
    app_guid: str | None


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding or service key; ``payload`` is its credentials without an instance secret."""

    row_id: int
    instance_row_id: int
    binding_id: str
    credential_type: str
    parameters: JsonObject
    app_guid: str | None
    predecessor_id: str | None
    payload: Payload
    created_at: datetime
    expires_at: datetime | None = None
    private_key_until: datetime | None = None
    """The latest time for which the payload keeps a private key; None without one (D-06)."""

    @property
    def renew_before(self) -> datetime | None:
        """When the binding should be rotated at the latest: after two thirds of its lifetime."""
        if self.expires_at is None:
            return None
        return self.expires_at - (self.expires_at - self.created_at) / 3


@dataclass(frozen=True, slots=True)
class SecretState:
    """The metadata of an instance secret, without the secret."""

    created_at: datetime
    previous_until: datetime | None
    last_used_at: datetime | None
    previous_used_at: datetime | None
