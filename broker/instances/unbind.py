"""Unbind: the binding's own credential ends with it; an instance secret does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import BindingNotFound, InstanceNotFound
from broker.instances.audit import Action, AuditEvent
from broker.instances.ownership import owned_instance, require_same_plan

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.instances.model import DeleteRequest
    from broker.instances.ports import Repositories, Transactions


@dataclass(frozen=True, slots=True)
class Unbind:
    """Deletes bindings and service keys."""

    transactions: Transactions
    clock: Clock

    def __call__(self, request: DeleteRequest) -> None:
        """Delete the binding; once this returns its secret is refused everywhere (D-03).

        Raises BindingNotFound when the binding or its instance does not exist, InvalidRequest when
        service or plan are not the instance's.
        """
        self.transactions.run(lambda found: self._within(found, request))

    def _within(self, repositories: Repositories, request: DeleteRequest) -> None:
        repositories.lock(request.instance_id)
        try:
            instance = owned_instance(repositories, request.caller, request.instance_id)
        except InstanceNotFound:
            raise BindingNotFound from None
        binding = repositories.bindings.find(instance, request.binding_id)
        if binding is None:
            raise BindingNotFound
        require_same_plan(instance, request.service_id, request.plan_id)
        repositories.bindings.remove(binding)
        repositories.audit.append(
            AuditEvent(
                Action.UNBIND,
                request.caller,
                request.instance_id,
                request.binding_id,
                self.clock.now(),
            )
        )
