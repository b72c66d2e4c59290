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

    def __call__(
        self, zone: str, origin: str, snapshot: Snapshot | None
    ) -> Sequence[CollectionMapping]:
        """Return the mappings of the provider that apply to the snapshot, by role collection.

        Raises NotFound, StateConflict.
        """

        def read(store: CollectionStore) -> Sequence[CollectionMapping]:
            found = store.mappings.of_origin(administered_zone(store, zone), origin)
            return applicable(found, snapshot)

        return self.transactions.read(read)


def applicable(
    mappings: Sequence[CollectionMapping], snapshot: Snapshot | None
) -> Sequence[CollectionMapping]:
    """Return the mappings that apply to what the provider stated at the last logon."""
    return [each for each in mappings if is_provided(snapshot, (each.attribute, each.value))]
