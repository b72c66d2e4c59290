"""Deprovision: delete the instance with all its credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.authorization.declare import DeclareStore
from broker.descriptor.part import MAX_TOKEN_LIFETIME
from broker.lifecycle.events import instance_event
from broker.lifecycle.ownership import owned_instance_of_plan
from broker.lifecycle.ports import WithInstances
from broker.transactions import Locks

if TYPE_CHECKING:
    from broker.authorization.declare import Declare
    from broker.clock import Clock
    from broker.lifecycle.requests import DeleteRequest
    from broker.transactions import Transactions


class DeprovisionStore(Locks, WithInstances, WithAudit, DeclareStore, Protocol):
    """The store of a deprovision."""


@dataclass(frozen=True, slots=True)
class Deprovision:
    """Deletes service instances."""

    transactions: Transactions[DeprovisionStore]
    clock: Clock
    declare: Declare

    def __call__(self, request: DeleteRequest) -> None:
        """Delete instance, client, bindings and credentials; raise InstanceNotFound."""
        self.transactions.run(lambda store: self._in_transaction(store, request))

    def _in_transaction(self, repositories: DeprovisionStore, request: DeleteRequest) -> None:
        repositories.lock(request.instance_id)
        instance = owned_instance_of_plan(repositories, request)
        now = self.clock.now()
        repositories.zones.grants_changed(instance.client.zone)
        ended = self.declare.withdraw(repositories, instance)
        # Also grants by an older version, which marks nothing.
        repositories.held_names.mark_granted(instance.client)
        is_held = repositories.held_names.is_marked(instance)
        repositories.instances.remove(instance)
        if is_held:
            repositories.held_names.hold(
                instance.client.app_id, instance.space, now, now + MAX_TOKEN_LIFETIME
            )
        repositories.audit.append(
            instance_event(
                Action.DEPROVISION,
                request.caller,
                instance,
                now,
                app_id=instance.client.app_id,
                ended_assignments=ended.assignments,
                ended_mappings=ended.mappings,
            )
        )
