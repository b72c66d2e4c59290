"""Fetch: what the platform may read back (D-07)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import BindingNotFound, InstanceNotFound
from broker.instances.ownership import owned_instance
from broker.instances.payload import complete_payload

if TYPE_CHECKING:
    from broker.credentials.envelope import Payload
    from broker.instances.model import Binding, Instance
    from broker.instances.ports import Repositories, Transactions


@dataclass(frozen=True, slots=True)
class Fetch:
    """Reads instances and bindings."""

    transactions: Transactions

    def instance(self, platform: str, instance_id: str) -> Instance:
        """Return the platform's instance; raise InstanceNotFound."""
        return self.transactions.read(lambda found: owned_instance(found, platform, instance_id))

    def binding(self, platform: str, instance_id: str, binding_id: str) -> tuple[Binding, Payload]:
        """Return the binding with its complete credentials; raise BindingNotFound."""
        return self.transactions.read(
            lambda found: self._binding(found, platform, instance_id, binding_id)
        )

    @staticmethod
    def _binding(
        repositories: Repositories, platform: str, instance_id: str, binding_id: str
    ) -> tuple[Binding, Payload]:
        try:
            instance = owned_instance(repositories, platform, instance_id)
        except InstanceNotFound:
            raise BindingNotFound from None
        binding = repositories.bindings.find(instance, binding_id)
        if binding is None:
            raise BindingNotFound
        return binding, complete_payload(repositories, instance, binding)
