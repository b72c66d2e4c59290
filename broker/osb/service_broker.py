"""openbrokerapi's ServiceBroker on our operations: translation, no decisions."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from flask import g, request
from openbrokerapi.catalog import ServicePlan
from openbrokerapi.service_broker import (
    BindDetails,
    Binding,
    BindState,
    DeprovisionDetails,
    DeprovisionServiceSpec,
    GetBindingSpec,
    GetInstanceDetailsSpec,
    LastOperation,
    OperationState,
    ProvisionDetails,
    ProvisionedServiceSpec,
    ProvisionState,
    Service,
    ServiceBroker,
    UnbindDetails,
    UnbindSpec,
    UpdateDetails,
    UpdateServiceSpec,
)

from broker.audit.actor import Actor
from broker.errors import InstanceNotFound, InvalidRequest
from broker.lifecycle.requests import BindRequest, DeleteRequest, ProvisionRequest, UpdateRequest
from broker.osb.responses import LONGEST_DESCRIPTION, add_to_body

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """Hands each OSB call to its operation; every operation ends within the request (D-04)."""

    def __init__(self, catalog: Catalog, operations: Operations) -> None:
        """Serve this catalog with these operations."""
        self._catalog = catalog
        self._operations = operations

    def catalog(self) -> Service:
        """Return the one service of this broker, as the calling platform may use it."""
        service = self._catalog.shown(bindings_retrievable=g.platform.reads_credentials)
        if request.method == "DELETE":
            # The library knows plans of the catalog only; a withdrawn one has passed the gate.
            service = copy.copy(service)
            service.plans = [ServicePlan(request.args["plan_id"], "", "")]
        return service

    def plan_in_use(self, caller: Actor, instance_id: str) -> str | None:
        """Return the plan id of the platform's instance, if it has this one."""
        try:
            return self._operations.fetch.instance(caller, instance_id).plan_id
        except InstanceNotFound:
            return None

    def provision(
        self, instance_id: str, details: ProvisionDetails, **_: Any
    ) -> ProvisionedServiceSpec:
        """Create a service instance."""
        provisioned = self._operations.provision(
            ProvisionRequest(
                caller=g.caller,
                instance_id=instance_id,
                service_id=details.service_id,
                plan_id=details.plan_id,
                plan=self._catalog.plan(details.plan_id),
                parameters=details.parameters or {},
                organization_guid=details.organization_guid,
                space_guid=details.space_guid,
                context=details.context or {},
            )
        )
        _tell(provisioned.notes)
        state = (
            ProvisionState.SUCCESSFUL_CREATED
            if provisioned.created
            else ProvisionState.IDENTICAL_ALREADY_EXISTS
        )
        return ProvisionedServiceSpec(state=state)

    def update(self, instance_id: str, details: UpdateDetails, **_: Any) -> UpdateServiceSpec:
        """Change a service instance."""
        updated = self._operations.update(
            UpdateRequest(
                caller=g.caller,
                instance_id=instance_id,
                service_id=details.service_id,
                plan_id=details.plan_id,
                parameters=details.parameters or {},
                context=details.context or {},
            )
        )
        _tell(updated.sentences())
        return UpdateServiceSpec(is_async=False)

    def deprovision(
        self, instance_id: str, details: DeprovisionDetails, **_: Any
    ) -> DeprovisionServiceSpec:
        """Delete a service instance."""
        self._operations.deprovision(
            DeleteRequest(g.caller, instance_id, details.service_id, details.plan_id)
        )
        return DeprovisionServiceSpec(is_async=False)

    def bind(self, instance_id: str, binding_id: str, details: BindDetails, **_: Any) -> Binding:
        """Create a binding or service key."""
        bound = self._operations.bind(
            BindRequest(
                caller=g.caller,
                instance_id=instance_id,
                binding_id=binding_id,
                service_id=g.body.get("service_id"),
                plan_id=g.body.get("plan_id"),
                parameters=details.parameters or {},
                app_guid=details.app_guid,
                predecessor_id=g.body.get("predecessor_binding_id"),
            )
        )
        _tell_validity(bound.binding)
        state = BindState.SUCCESSFUL_BOUND if bound.created else BindState.IDENTICAL_ALREADY_EXISTS
        return Binding(state=state, credentials=dict(bound.payload))

    def unbind(
        self,
        instance_id: str,
        binding_id: str,
        details: UnbindDetails,
        **_: Any,
    ) -> UnbindSpec:
        """Delete a binding or service key."""
        self._operations.unbind(
            DeleteRequest(g.caller, instance_id, details.service_id, details.plan_id, binding_id)
        )
        return UnbindSpec(is_async=False)

    def get_instance(self, instance_id: str, **_: Any) -> GetInstanceDetailsSpec:
        """Return a service instance with its parameters."""
        instance = self._operations.fetch.instance(g.caller, instance_id)
        if version := self._catalog.versions.get(instance.plan_id):
            add_to_body(maintenance_info={"version": version})
        return GetInstanceDetailsSpec(
            instance.service_id, instance.plan_id, parameters=instance.parameters
        )

    def get_binding(self, instance_id: str, binding_id: str, **_: Any) -> GetBindingSpec:
        """Return a binding with its credentials."""
        if not g.platform.reads_credentials:
            raise InvalidRequest.at(
                "service binding",
                "reading credentials back is switched off for this platform",
                "the credentials that the bind call returned",
            )
        binding, payload = self._operations.fetch.credentials(g.caller, instance_id, binding_id)
        _tell_validity(binding)
        return GetBindingSpec(credentials=dict(payload), parameters=binding.parameters)

    def last_operation(self, instance_id: str, *_: Any, **__: Any) -> LastOperation:
        """Return that the last operation succeeded: what exists is complete (OSB-LOPI-05)."""
        self._operations.fetch.instance(g.caller, instance_id)
        return LastOperation(OperationState.SUCCEEDED)

    def last_binding_operation(
        self, instance_id: str, binding_id: str, *_: Any, **__: Any
    ) -> LastOperation:
        """Return that the last operation succeeded: what exists is complete."""
        self._operations.fetch.binding(g.caller, instance_id, binding_id)
        return LastOperation(OperationState.SUCCEEDED)


def _tell_validity(binding: model.Binding) -> None:
    """Say until when the credentials are valid: UTC, with a fraction (OSB-BIND-12)."""
    times = {"expires_at": binding.expires_at, "renew_before": binding.renew_before}
    metadata = {
        name: f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.0Z}" for name, time in times.items() if time
    }
    if metadata:
        add_to_body(metadata=metadata)


def _tell(notes: Sequence[str]) -> None:
    if notes:
        # Cloud Foundry shows it as the message of the last operation.
        add_to_body(description=" ".join(notes)[:LONGEST_DESCRIPTION])
