"""Lists of role collections with their roles, users and mappings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.groups.model import MAX_MEMBERS
from broker.authorization.views.model import CollectionView, Parts, Selection
from broker.authorization.views.ports import ListStore
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, RoleCollectionNotFound
from broker.identity.administered_zone import administered_zone
from broker.identity.user import is_storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import RoleCollection, RoleKey
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class ListCollections:
    """Reads collections; one statement for each part, however many there are.

    ``zone`` is an index, GUID or subdomain. Raises NotFound, StateConflict.
    """

    transactions: Transactions[ListStore]

    def page(self, zone: str, selection: Selection, parts: Parts) -> Sequence[CollectionView]:
        """Return the selected collections by name; raise InvalidRequest for too many users."""
        return self.transactions.read(
            lambda store: _views(store, administered_zone(store, zone), selection, parts)
        )

    def one(self, zone: str, name: str, parts: Parts) -> CollectionView:
        """Return the collection with exactly this name; raise as ``page`` does."""

        def read(store: ListStore) -> CollectionView:
            in_zone = administered_zone(store, zone)
            found = _views(store, in_zone, Selection(name), parts)
            if not found:
                raise unknown_collection(in_zone, name)
            return found[0]

        return self.transactions.read(read)

    def with_role(self, zone: str, key: RoleKey) -> Sequence[RoleCollection]:
        """Return the collections that contain the role, by name; none for an unknown role."""
        if not is_storable(key.app_id, key.template, key.name):
            return ()
        return self.transactions.read(
            lambda store: store.collection_lists.with_role(administered_zone(store, zone), key)
        )


def unknown_collection(zone: Zone, name: str) -> RoleCollectionNotFound:
    """Return the error about a collection that the zone does not have."""
    text = f"Zone {zone.subdomain} has no role collection {printable(name)}."
    return RoleCollectionNotFound(zone.guid, name, text)


def _views(
    store: ListStore, zone: Zone, selection: Selection, parts: Parts
) -> list[CollectionView]:
    if selection.name is not None and not is_storable(selection.name):
        return []
    lists = store.collection_lists
    selected = lists.selected(zone, selection)
    if not selected:
        return []
    roles = lists.roles(zone, selection) if parts.roles else {}
    members = lists.members(zone, selection, MAX_MEMBERS + 1) if parts.users else {}
    if sum(map(len, members.values())) > MAX_MEMBERS:
        raise InvalidRequest.at(
            "users",
            f"more than {MAX_MEMBERS} users in one response",
            "fewer role collections (top), or role collections without users",
        )
    mappings = lists.mappings(zone, selection) if parts.mappings else {}
    return [
        CollectionView(
            each,
            roles.get(each.row_id, ()),
            members.get(each.row_id, ()),
            mappings.get(each.row_id, ()),
        )
        for each in selected
    ]
