"""openbrokerapi's ServiceBroker on our operations: translation, no decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from openbrokerapi.service_broker import (
    BindDetails,
    BindState,
    DeprovisionDetails,
    DeprovisionServiceSpec,
    LastOperation,
    OperationState,
    ProvisionDetails,
    ProvisionState,
    Service,
    ServiceBroker,
    UnbindDetails,
    UnbindSpec,
    UpdateDetails,
)

from broker.errors import InstanceNotFound
from broker.lifecycle.requests import BindRequest, DeleteRequest, ProvisionRequest, UpdateRequest
from broker.osb.responses import joined
from broker.osb.specifications import (
    Bound,
    FetchedBinding,
    FetchedInstance,
    Provisioned,
    Updated,
)

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.instances import model
    from broker.lifecycle.bind import Bind
    from broker.lifecycle.deprovision import Deprovision
    from broker.lifecycle.fetch import Fetch
    from broker.lifecycle.provision import Provision
    from broker.lifecycle.unbind import Unbind
    from broker.lifecycle.update import Update
    from broker.osb.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Operations:
    """What the broker can do, one callable per OSB operation."""

    provision: Provision
    update: Update
    deprovision: Deprovision
    bind: Bind
    unbind: Unbind
    fetch: Fetch


class XsuaaServiceBroker(ServiceBroker):  # type: ignore[misc]  # untyped library
    """Maps each OSB call to its operation; every operation ends within the request (D-04).

    Beside the library's parameters each call takes its ``caller``, the platform. The methods raise
    what the operations raise.
    """

    def __init__(self, catalog: Catalog, operations: Operations, origin: str) -> None:
        """Serve this catalog with these operations; the console is at ``origin``."""
        self._catalog = catalog
        self._operations = operations
        self._origin = origin

    def catalog(self) -> Service:
        """Return the one service of this broker."""
        return self._catalog.service

    def plan_in_use(self, instance_id: str, *, caller: Actor) -> str | None:
        """Return the plan id of the platform's instance, None without such an instance."""
        try:
            return self._operations.fetch.instance(caller, instance_id).plan_id
        except InstanceNotFound:
            return None

    def provision(
        self, instance_id: str, details: ProvisionDetails, *, caller: Actor, **_: Any
    ) -> Provisioned:
        """Create a service instance."""
        provisioned = self._operations.provision(
            ProvisionRequest(
                caller=caller,
                instance_id=instance_id,
                service_id=details.service_id,
                plan_id=details.plan_id,
                plan=self._catalog.plan(details.plan_id),
                parameters=details.parameters or {},
                organization_guid=details.organization_guid or None,
                space_guid=details.space_guid or None,
                context=details.context or {},
            )
        )
        state = (
            ProvisionState.SUCCESSFUL_CREATED
            if provisioned.created
            else ProvisionState.IDENTICAL_ALREADY_EXISTS
        )
        return Provisioned(state, joined(provisioned.notes), self._dashboard_url(instance_id))

    def update(
        self, instance_id: str, details: UpdateDetails, *, caller: Actor, **_: Any
    ) -> Updated:
        """Change a service instance."""
        updated = self._operations.update(
            UpdateRequest(
                caller=caller,
                instance_id=instance_id,
                service_id=details.service_id,
                plan_id=details.plan_id,
                parameters=details.parameters or {},
                context=details.context or {},
            )
        )
        return Updated(joined(updated.sentences()), self._dashboard_url(instance_id))

    def deprovision(
        self, instance_id: str, details: DeprovisionDetails, *, caller: Actor, **_: Any
    ) -> DeprovisionServiceSpec:
        """Delete a service instance."""
        self._operations.deprovision(
            DeleteRequest(caller, instance_id, details.service_id, details.plan_id)
        )
        return DeprovisionServiceSpec(is_async=False)

    def bind(
        self,
        instance_id: str,
        binding_id: str,
        details: BindDetails,
        *,
        caller: Actor,
        predecessor_id: str | None = None,
        **_: Any,
    ) -> Bound:
        """Create a binding or service key."""
        bound = self._operations.bind(
            BindRequest(
                caller=caller,
                instance_id=instance_id,
                binding_id=binding_id,
                service_id=details.service_id,
                plan_id=details.plan_id,
                parameters=details.parameters or {},
                app_guid=details.app_guid,
                predecessor_id=predecessor_id,
            )
        )
        state = BindState.SUCCESSFUL_BOUND if bound.created else BindState.IDENTICAL_ALREADY_EXISTS
        return Bound(state, bound.payload, _validity(bound.binding))

    def unbind(
        self,
        instance_id: str,
        binding_id: str,
        details: UnbindDetails,
        *,
        caller: Actor,
        **_: Any,
    ) -> UnbindSpec:
        """Delete a binding or service key."""
        self._operations.unbind(
            DeleteRequest(caller, instance_id, details.service_id, details.plan_id, binding_id)
        )
        return UnbindSpec(is_async=False)

    def get_instance(self, instance_id: str, *, caller: Actor, **_: Any) -> FetchedInstance:
        """Return a service instance with its parameters."""
        instance = self._operations.fetch.instance(caller, instance_id)
        version = self._catalog.versions.get(instance.plan_id)
        return FetchedInstance(
            instance.service_id,
            instance.plan_id,
            instance.parameters,
            {"version": version} if version else None,
            self._dashboard_url(instance_id),
        )

    def get_binding(
        self, instance_id: str, binding_id: str, *, caller: Actor, **_: Any
    ) -> FetchedBinding:
        """Return a binding with its credentials."""
        binding, payload = self._operations.fetch.credentials(caller, instance_id, binding_id)
        return FetchedBinding(payload, binding.parameters, _validity(binding))

    def _dashboard_url(self, instance_id: str) -> str:
        """Return the page of the instance: the id is all that it contains (I-166)."""
        return f"{self._origin}/console/instances/{quote(instance_id, safe='')}"

    def last_operation(self, instance_id: str, *_: Any, caller: Actor, **__: Any) -> LastOperation:
        """Return that the last operation succeeded: what exists is complete (OSB-LOPI-05)."""
        self._operations.fetch.instance(caller, instance_id)
        return LastOperation(OperationState.SUCCEEDED)

    def last_binding_operation(
        self, instance_id: str, binding_id: str, *_: Any, caller: Actor, **__: Any
    ) -> LastOperation:
        """Return that the last operation succeeded: what exists is complete."""
        self._operations.fetch.binding(caller, instance_id, binding_id)
        return LastOperation(OperationState.SUCCEEDED)


def _validity(binding: model.Binding) -> dict[str, str] | None:
    """Return until when the credentials are valid: UTC, with a fraction (OSB-BIND-12)."""
    times = {"expires_at": binding.expires_at, "renew_before": binding.renew_before}
    metadata = {
        name: f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.0Z}" for name, time in times.items() if time
    }
    return metadata or None
