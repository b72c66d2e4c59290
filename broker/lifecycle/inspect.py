"""Inspection of service instances by operators, without secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authorization.ports import WithReferences
from broker.errors import InstanceNotFound
from broker.lifecycle.ports import WithBindings, WithInstances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.reference import ResolvedReference
    from broker.instances.model import Instance
    from broker.transactions import Transactions


class InspectStore(WithInstances, WithBindings, WithReferences, Protocol):
    """The store of an inspection."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """An instance, its live bindings (id and credential type), and its references."""

    instance: Instance
    bindings: Sequence[tuple[str, str]]
    references: Sequence[ResolvedReference]


@dataclass(frozen=True, slots=True)
class Inspect:
    """Reads instances of all platforms."""

    transactions: Transactions[InspectStore]

    def all(self) -> Sequence[Instance]:
        """Return every instance, oldest first."""
        return self.transactions.read(lambda store: store.instances.all())

    def one(self, instance_id: str) -> Inspection:
        """Return one instance; raise InstanceNotFound."""
        return self.transactions.read(lambda store: self._in_transaction(store, instance_id))

    @staticmethod
    def _in_transaction(repositories: InspectStore, instance_id: str) -> Inspection:
        instance = repositories.instances.find(instance_id)
        if instance is None:
            raise InstanceNotFound
        return Inspection(
            instance,
            repositories.bindings.types_of(instance),
            repositories.references.of(instance.client),
        )
