"""Unbind: delete a binding with its own credential; an instance secret remains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.errors import BindingNotFound, InstanceNotFound
from broker.lifecycle.events import binding_event
from broker.lifecycle.ownership import owned_instance, require_same_plan
from broker.lifecycle.ports import WithBindings, WithInstances
from broker.transactions import Locks

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.instances.model import Binding, Instance
    from broker.lifecycle.requests import DeleteRequest
    from broker.transactions import Transactions


class UnbindStore(Locks, WithInstances, WithBindings, WithAudit, Protocol):
    """The store of an unbind."""


@dataclass(frozen=True, slots=True)
class Unbind:
    """Deletes bindings and service keys."""

    transactions: Transactions[UnbindStore]
    clock: Clock

    def __call__(self, request: DeleteRequest) -> None:
        """Delete the binding; afterwards every host refuses its secret (D-03).

        Raises BindingNotFound when the binding or its instance does not exist, InvalidRequest if
        service or plan do not match.
        """
        self.transactions.run(lambda store: self._in_transaction(store, request))

    def _in_transaction(self, repositories: UnbindStore, request: DeleteRequest) -> None:
        repositories.lock(request.instance_id)
        try:
            instance = owned_instance(repositories, request.caller, request.instance_id)
        except InstanceNotFound:
            raise BindingNotFound from None
        binding = repositories.bindings.find(instance, request.binding_id)
        if binding is None:
            raise BindingNotFound
        require_same_plan(instance, request.service_id, request.plan_id)
        remove_binding(repositories, request.caller, instance, binding, self.clock.now())


def remove_binding(
    repositories: UnbindStore, caller: Actor, instance: Instance, binding: Binding, now: datetime
) -> None:
    """Delete the binding with its own credential, which every host refuses afterwards."""
    repositories.bindings.remove(binding)
    repositories.audit.append(
        binding_event(
            Action.UNBIND,
            caller,
            instance,
            binding.binding_id,
            now,
            credential_type=binding.credential_type,
        )
    )
