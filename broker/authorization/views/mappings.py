"""Lists of mappings of a provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections.map_collections import canonical_attribute
from broker.authorization.views.collections import unknown_collection
from broker.authorization.views.model import Selection
from broker.authorization.views.ports import ListStore
from broker.identity.administered_zone import administered_zone
from broker.identity.user import canonical_origin, is_storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import CollectionMapping, RoleCollection
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class ListMappings:
    """Reads the mappings of an origin; one that no provider has has none.

    ``zone`` is an index, GUID or subdomain. Raises NotFound, StateConflict.
    """

    transactions: Transactions[ListStore]

    def of_origin(
        self,
        zone: str,
        origin: str,
        *,
        attribute: str | None = None,
        collection: str | None = None,
    ) -> Sequence[CollectionMapping]:
        """Return the mappings by collection, of this attribute and this collection if given."""

        def read(store: ListStore) -> Sequence[CollectionMapping]:
            in_zone = administered_zone(store, zone)
            selection = Selection(collection)
            if collection is not None and not (
                is_storable(collection) and store.collection_lists.selected(in_zone, selection)
            ):
                raise unknown_collection(in_zone, collection)
            wanted = None if attribute is None else canonical_attribute(attribute)
            found = store.collection_lists.mappings(in_zone, selection).values()
            return sorted(
                (
                    each
                    for mappings in found
                    for each in mappings
                    if each.origin == canonical_origin(origin) and wanted in {None, each.attribute}
                ),
                key=lambda each: (each.collection, each.attribute, each.value),
            )

        return self.transactions.read(read)

    def collections(
        self, zone: str, origin: str, attribute: str, value: str
    ) -> Sequence[RoleCollection]:
        """Return the collections that the value of the attribute gives, by name."""

        def read(store: ListStore) -> Sequence[RoleCollection]:
            in_zone = administered_zone(store, zone)
            mappings = store.collection_lists.mappings(in_zone, Selection())
            key = canonical_origin(origin), canonical_attribute(attribute), value
            giving = {
                row_id
                for row_id, found in mappings.items()
                if key in {(each.origin, each.attribute, each.value) for each in found}
            }
            everything = store.collection_lists.selected(in_zone, Selection())
            return [each for each in everything if each.row_id in giving]

        return self.transactions.read(read)
