"""Deprovision: the instance goes, with everything that authenticates against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.descriptor.model import LONGEST_TOKEN_LIFETIME
from broker.instances.audit import Action, AuditEvent
from broker.instances.ownership import owned_instance_of_plan

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.instances.declare import Declare
    from broker.instances.model import DeleteRequest
    from broker.instances.ports import Repositories, Transactions


@dataclass(frozen=True, slots=True)
class Deprovision:
    """Deletes service instances."""

    transactions: Transactions
    clock: Clock
    declare: Declare

    def __call__(self, request: DeleteRequest) -> None:
        """Delete instance, client, bindings and credentials; raise InstanceNotFound."""
        self.transactions.run(lambda found: self._within(found, request))

    def _within(self, repositories: Repositories, request: DeleteRequest) -> None:
        repositories.lock(request.instance_id)
        instance = owned_instance_of_plan(repositories, request)
        now = self.clock.now()
        repositories.zones.grants_changed(instance.client.zone)
        self.declare.withdraw(repositories, instance)
        repositories.instances.remove(instance)
        repositories.held_names.hold(
            instance.client.app_id, instance.space, now, now + LONGEST_TOKEN_LIFETIME
        )
        repositories.audit.append(
            AuditEvent(Action.DEPROVISION, request.caller, request.instance_id, "", now)
        )
