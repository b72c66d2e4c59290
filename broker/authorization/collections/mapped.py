"""The role collections that mappings give for what a provider states (I-159)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections.ports import CollectionStore
from broker.authorization.decision.decide import is_provided
from broker.identity.administered_zone import administered_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import CollectionMapping
    from broker.identity.user import Snapshot
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class MappedCollections:
    """Finds the mappings that apply."""

    transactions: Transactions[CollectionStore]

    def __call__(self, zone: str, origin: str, snapshot: Snapshot) -> Sequence[CollectionMapping]:
        """Return the mappings of the provider that apply to the snapshot, by role collection.

        Raises NotFound, StateConflict.
        """

        def read(store: CollectionStore) -> Sequence[CollectionMapping]:
            in_zone = administered_zone(store, zone)
            return [
                mapping
                for collection in store.role_collections.all(in_zone)
                for mapping in store.mappings.of_collection(collection)
                if mapping.origin == origin
                and is_provided(snapshot, (mapping.attribute, mapping.value))
            ]

        return self.transactions.read(read)
