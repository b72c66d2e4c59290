"""Repeats withdrawals of role collections and custom roles in a restored database (D-59)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.authorization.collections.custom_roles import ZoneRoles
from broker.authorization.collections.declared import Dropped
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import Use
from broker.authorization.collections.ports import CollectionStore, WithDeclaredCollections
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.lifecycle.events import instance_event
from broker.lifecycle.ports import WithInstances
from broker.recovery.collection_changes import shown
from broker.recovery.withdrawal import attempt
from broker.transactions import Locks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from broker.audit.actor import Actor
    from broker.recovery.collection_changes import CollectionChanges
    from broker.transactions import Transactions


class RestoredCollectionStore(
    Locks, WithInstances, WithDeclaredCollections, CollectionStore, Protocol
):
    """The repositories of this module."""


@dataclass(frozen=True, slots=True)
class RestoreCollections:
    """Applies changes; skips what is withdrawn already, so that it can be repeated."""

    transactions: Transactions[RestoredCollectionStore]

    def __call__(self, caller: Actor, changes: CollectionChanges) -> Iterator[str]:
        """Apply the withdrawals; yield a message for each change and each refused one."""
        yield from self._end_use(caller, changes)
        yield from self._unmap(caller, changes)
        yield from self._delete(caller, changes)

    def _end_use(self, caller: Actor, changes: CollectionChanges) -> Iterator[str]:
        for instance_id, names in changes.dropped.items():
            if use := self._ended(caller, instance_id, list(names)):
                yield (
                    f"Ended the use of role collections of service instance {instance_id} again"
                    f" ({', '.join(names)}): {use}."
                )

    def _ended(self, caller: Actor, instance_id: str, names: Collection[str]) -> Use:
        def within(store: RestoredCollectionStore) -> Use:
            store.lock(instance_id)
            instance = store.instances.find(instance_id)
            if instance is None:
                return Use()
            store.zones.lock_roles(instance.client.zone)
            use = store.declared_collections.end_use(instance.client, names)
            if use:
                store.zones.roles_changed(instance.client.zone)
                details = Dropped(sorted(names), use).details()
                now = store.time()
                store.audit.append(
                    instance_event(
                        Action.UPDATE, caller, instance, now, **details, after_restore=True
                    )
                )
            return use

        return self.transactions.run(within)

    def _unmap(self, caller: Actor, changes: CollectionChanges) -> Iterator[str]:
        mappings = MapCollections(self.transactions)
        for guid, mapping in changes.unmapped:
            yield from attempt(
                f"{shown(mapping)} of zone {guid}",
                "Removed",
                lambda guid=guid, mapping=mapping: mappings.unmap(caller, guid, mapping),  # type: ignore[misc]
            )

    def _delete(self, caller: Actor, changes: CollectionChanges) -> Iterator[str]:
        collections, roles = ZoneCollections(self.transactions), ZoneRoles(self.transactions)
        for guid, name, role in changes.removed:
            yield from attempt(
                f"role {role} from role collection {name} of zone {guid}",
                "Removed",
                lambda of=(guid, name, role): self._remove_role(caller, *of),  # type: ignore[misc]
            )
        for (guid, key), limits in changes.narrowed.items():
            yield from attempt(
                f"the attribute values of role {key} of zone {guid}",
                "Restricted",
                lambda guid=guid, key=key, limits=limits: roles.narrow(caller, guid, key, limits),  # type: ignore[misc]
            )
        for guid, key in changes.roles:
            yield from attempt(
                f"role {key} of zone {guid}",
                "Deleted",
                lambda guid=guid, key=key: roles.delete(caller, guid, key) is not None,  # type: ignore[misc]
            )
        for guid, name in changes.deleted:
            yield from attempt(
                f"role collection {name} of zone {guid}",
                "Deleted",
                lambda guid=guid, name=name: collections.delete(caller, guid, name) is not None,  # type: ignore[misc]
            )

    def _remove_role(self, caller: Actor, guid: str, name: str, role: str) -> bool:
        """Remove the roles with this text, which the audit event has, from the collection."""
        collections, changed = ZoneCollections(self.transactions), False
        for key in collections.show(guid, name).roles:
            if str(key) == role:
                changed |= collections.remove_roles(caller, guid, name, key)
        return changed
