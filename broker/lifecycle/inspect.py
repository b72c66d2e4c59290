"""Inspection of service instances by operators, without secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authorization.ports import WithReferences
from broker.errors import InstanceNotFound
from broker.lifecycle.ports import WithBindings, WithInstances, WithUsage
from broker.lifecycle.zones.ports import WithTenants

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from broker.authorization.reference import ResolvedReference
    from broker.identity.zone import ZoneOverview
    from broker.instances.model import BindingSummary, Instance
    from broker.transactions import Transactions


class InspectStore(WithInstances, WithBindings, WithUsage, WithReferences, WithTenants, Protocol):
    """The store of an inspection."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """An instance with its live bindings, its references and the recorded use of its credentials.

    ``last_uses`` are by binding id; ``last_used_at`` includes credentials without a binding.
    """

    instance: Instance
    bindings: Sequence[BindingSummary]
    references: Sequence[ResolvedReference]
    last_uses: Mapping[str, datetime]
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Inspect:
    """Reads instances of all platforms."""

    transactions: Transactions[InspectStore]

    def all(self) -> Sequence[Instance]:
        """Return every instance, oldest first."""
        return self.transactions.read(lambda store: store.instances.all())

    def zones(self) -> Sequence[ZoneOverview]:
        """Return all zones, in the order of their indexes."""
        return self.transactions.read(lambda store: store.tenants.zones())

    def one(self, instance_id: str) -> Inspection:
        """Return one instance; raise InstanceNotFound."""
        return self.transactions.read(lambda store: self._one(store, instance_id))

    def several(self, instance_ids: Collection[str]) -> Sequence[Inspection]:
        """Return those of the instances that exist, oldest first."""
        return self.transactions.read(
            lambda store: [
                _inspected(store, instance)
                for instance in store.instances.all()
                if instance.instance_id in instance_ids
            ]
        )

    @staticmethod
    def _one(repositories: InspectStore, instance_id: str) -> Inspection:
        instance = repositories.instances.find(instance_id)
        if instance is None:
            raise InstanceNotFound
        return _inspected(repositories, instance)


def _inspected(repositories: InspectStore, instance: Instance) -> Inspection:
    return Inspection(
        instance,
        repositories.bindings.summaries(instance),
        repositories.references.of(instance.client),
        repositories.usage.last_uses(instance),
        repositories.usage.last_use(instance),
    )
