"""Fetch: what the platform may read back (D-07)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import BindingNotFound, InstanceNotFound
from broker.instances.audit import Action, AuditEvent
from broker.instances.ownership import owned_instance
from broker.instances.payload import complete_payload

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.credentials.envelope import Payload
    from broker.instances.model import Binding, Caller, Instance
    from broker.instances.ports import Repositories, Transactions


@dataclass(frozen=True, slots=True)
class Fetch:
    """Reads instances and bindings."""

    transactions: Transactions
    clock: Clock

    def instance(self, caller: Caller, instance_id: str) -> Instance:
        """Return the platform's instance; raise InstanceNotFound."""
        return self.transactions.read(lambda found: owned_instance(found, caller, instance_id))

    def binding(self, caller: Caller, instance_id: str, binding_id: str) -> Binding:
        """Return the platform's binding without its secrets; raise BindingNotFound."""
        return self.transactions.read(
            lambda found: self._owned(found, caller, instance_id, binding_id)[1]
        )

    def credentials(
        self, caller: Caller, instance_id: str, binding_id: str
    ) -> tuple[Binding, Payload]:
        """Return the binding with its complete credentials, audited; raise BindingNotFound."""
        return self.transactions.run(
            lambda found: self._read_credentials(found, caller, instance_id, binding_id)
        )

    def _read_credentials(
        self, repositories: Repositories, caller: Caller, instance_id: str, binding_id: str
    ) -> tuple[Binding, Payload]:
        instance, binding = self._owned(repositories, caller, instance_id, binding_id)
        now = self.clock.now()
        repositories.audit.append(
            AuditEvent(Action.READ_CREDENTIALS, caller, instance_id, binding_id, now)
        )
        return binding, complete_payload(repositories, instance, binding, now)

    @staticmethod
    def _owned(
        repositories: Repositories, caller: Caller, instance_id: str, binding_id: str
    ) -> tuple[Instance, Binding]:
        try:
            instance = owned_instance(repositories, caller, instance_id)
        except InstanceNotFound:
            raise BindingNotFound from None
        binding = repositories.bindings.find(instance, binding_id)
        if binding is None:
            raise BindingNotFound
        return instance, binding
