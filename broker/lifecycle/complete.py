"""Instances that a version without stored declarations wrote, brought up to date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.authorization.client_authorities import accepts_grants
from broker.authorization.declare import DeclareStore
from broker.lifecycle.ownership import current_descriptor
from broker.lifecycle.ports import WithInstances
from broker.transactions import Locks

if TYPE_CHECKING:
    from broker.authorization.declare import Declare
    from broker.transactions import Transactions

_AT_ONCE = 100


class CompleteStore(Locks, WithInstances, DeclareStore, Protocol):
    """What a completion touches."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Stores what descriptors declare where the older version, also a running one, did not."""

    transactions: Transactions[CompleteStore]
    declare: Declare

    def __call__(self) -> int:
        """Complete all such instances, each in a transaction of its own; return their number."""
        completed = 0
        while found := self.transactions.read(lambda each: each.instances.incomplete(_AT_ONCE)):
            for instance_id in found:
                self.transactions.run(lambda each, of=instance_id: self._within(each, of))  # type: ignore[misc]
            completed += len(found)
        return completed

    def _within(self, repositories: CompleteStore, instance_id: str) -> None:
        repositories.lock(instance_id)
        instance = repositories.instances.find(instance_id)
        if instance is None:
            return
        descriptor = current_descriptor(instance)
        repositories.zones.grants_changed(instance.client.zone)
        client = replace(instance.client, accepts_grants=accepts_grants(descriptor))
        repositories.instances.change(replace(instance, client=client))
        if descriptor is not None:
            self.declare.again(repositories, instance, descriptor)
        repositories.references.resolve_pending(instance)
