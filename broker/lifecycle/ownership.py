"""Look-up of instances, restricted to the owning platform (D-35)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from broker.descriptor.apiaccess import readable_apiaccess
from broker.descriptor.parse import readable_descriptor
from broker.errors import InstanceNotFound, InvalidRequest
from broker.identity.administered_zone import WithTenants, require_one_tenant
from broker.instances.plan import Plan
from broker.lifecycle.ports import WithInstances
from broker.transactions import Locks

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.descriptor.model import Descriptor
    from broker.instances.model import Instance
    from broker.lifecycle.requests import DeleteRequest

_MAX_ID = 512


class ZoneInstances(WithInstances, WithTenants, Protocol):
    """The instances of zones."""


class LockedZoneInstances(Locks, ZoneInstances, Protocol):
    """The instances of zones, with their locks."""


def owned_instance(repositories: WithInstances, caller: Actor, instance_id: str) -> Instance:
    """Return the platform's instance; raise InstanceNotFound for any other, existing or not."""
    instance = repositories.instances.find(instance_id)
    if instance is None or instance.platform != caller.platform:
        raise InstanceNotFound
    return instance


def visible_instance(store: ZoneInstances, zone: str | None, instance_id: str) -> Instance:
    """Return the instance if it is in the zone with this GUID, or ``zone`` is None.

    Raises InstanceNotFound, and StateConflict if the zone has several tenants (D-53).
    """
    _require_possible(instance_id)
    found = store.instances.find(instance_id)
    if found is None or zone not in {None, found.client.zone.guid}:
        raise InstanceNotFound
    if zone is not None:
        require_one_tenant(store, found.client.zone)
    return found


def locked_instance(store: LockedZoneInstances, zone: str | None, instance_id: str) -> Instance:
    """Lock the instance for a change and return it; raises as ``visible_instance`` does."""
    _require_possible(instance_id)
    store.lock(instance_id)
    return visible_instance(store, zone, instance_id)


def _require_possible(instance_id: str) -> None:
    # Databases refuse to look up others.
    if len(instance_id) > _MAX_ID or not instance_id.isprintable():
        raise InstanceNotFound


def require_same_plan(instance: Instance, service_id: str, plan_id: str) -> None:
    """Raise InvalidRequest unless service and plan are the instance's (OSB-UNB-04, OSB-DEP-04)."""
    if service_id != instance.service_id:
        raise other_service()
    if plan_id != instance.plan_id:
        raise InvalidRequest.at(
            "plan_id", "not the plan of this service instance", f"plan {instance.plan}"
        )


def other_service() -> InvalidRequest:
    """Return the error for a request with another service than the instance's."""
    return InvalidRequest.at(
        "service_id", "not the service of this service instance", "the one that it was created with"
    )


def owned_instance_of_plan(repositories: WithInstances, request: DeleteRequest) -> Instance:
    """Return the instance of a delete request; raise if service or plan do not match."""
    instance = owned_instance(repositories, request.caller, request.instance_id)
    require_same_plan(instance, request.service_id, request.plan_id)
    return instance


def current_descriptor(instance: Instance) -> Descriptor | None:
    """Return the current descriptor; None if there is none or this version cannot read it."""
    if instance.plan is Plan.APIACCESS:
        return readable_apiaccess(instance.parameters, instance.xsappname)
    return readable_descriptor(instance.parameters)
