"""Fetch: return instances and bindings to the platform (D-07)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.errors import BindingNotFound, InstanceNotFound
from broker.lifecycle.events import binding_event
from broker.lifecycle.issuing.payload import complete_payload
from broker.lifecycle.ownership import owned_instance
from broker.lifecycle.ports import WithBindings, WithCredentials, WithInstances

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.credentials.envelope import Payload
    from broker.instances.model import Binding, Instance
    from broker.transactions import Transactions


class FetchStore(WithInstances, WithBindings, WithCredentials, WithAudit, Protocol):
    """The store of a fetch; reading credentials is audited."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Reads instances and bindings."""

    transactions: Transactions[FetchStore]
    clock: Clock

    def instance(self, caller: Actor, instance_id: str) -> Instance:
        """Return the platform's instance; raise InstanceNotFound."""
        return self.transactions.read(lambda store: owned_instance(store, caller, instance_id))

    def binding(self, caller: Actor, instance_id: str, binding_id: str) -> Binding:
        """Return the platform's binding without its secrets; raise BindingNotFound."""
        return self.transactions.read(
            lambda store: self._owned(store, caller, instance_id, binding_id)[1]
        )

    def credentials(
        self, caller: Actor, instance_id: str, binding_id: str
    ) -> tuple[Binding, Payload]:
        """Return the binding with its credentials and audit it; raise BindingNotFound."""
        return self.transactions.run(
            lambda store: self._read_credentials(store, caller, instance_id, binding_id)
        )

    def _read_credentials(
        self, repositories: FetchStore, caller: Actor, instance_id: str, binding_id: str
    ) -> tuple[Binding, Payload]:
        instance, binding = self._owned(repositories, caller, instance_id, binding_id)
        now = self.clock.now()
        repositories.audit.append(
            binding_event(
                Action.READ_CREDENTIALS,
                caller,
                instance,
                binding_id,
                now,
                credential_type=binding.credential_type,
            )
        )
        return binding, complete_payload(repositories, instance, binding, now)

    @staticmethod
    def _owned(
        repositories: FetchStore, caller: Actor, instance_id: str, binding_id: str
    ) -> tuple[Instance, Binding]:
        try:
            instance = owned_instance(repositories, caller, instance_id)
        except InstanceNotFound:
            raise BindingNotFound from None
        binding = repositories.bindings.find(instance, binding_id)
        if binding is None:
            raise BindingNotFound
        return instance, binding
