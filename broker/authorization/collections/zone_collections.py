"""Role collections that administrators make: create, delete, change roles (I-150)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.audit.event import Action
from broker.authorization.collections.events import collection_event
from broker.authorization.collections.find import (
    changeable_collection,
    collection_named,
    locked_zone,
    role_of,
)
from broker.authorization.collections.model import CollectionDetails
from broker.authorization.collections.names import (
    require_valid_description,
    require_valid_name,
)
from broker.authorization.collections.ports import CollectionStore
from broker.errors import AlreadyExists, StateConflict
from broker.identity.administered_zone import administered_zone
from broker.identity.users.protection import keeping_an_administrator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broker.audit.actor import Actor
    from broker.authorization.collections.model import Role, RoleCollection, RoleKey, Use
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

MAX_COLLECTIONS = 5000
"""Role collections in a zone."""


@dataclass(frozen=True, slots=True)
class ZoneCollections:
    """Reads all role collections of a zone; changes those that administrators made.

    ``zone`` is an index, GUID or subdomain. Raises NotFound for whatever does not exist.
    """

    transactions: Transactions[CollectionStore]

    def all(self, zone: str) -> Sequence[CollectionDetails]:
        """Return the zone's collections by name."""
        return self.transactions.read(lambda store: _all(store, administered_zone(store, zone)))

    def show(self, zone: str, name: str) -> CollectionDetails:
        """Return the collection with its roles, assignments and mappings."""
        return self.transactions.read(
            lambda store: details(
                store, collection_named(store, administered_zone(store, zone), name)
            )
        )

    def create(self, actor: Actor, zone: str, name: str, description: str | None) -> None:
        """Create an empty collection.

        Raises InvalidRequest for the name, AlreadyExists if the zone has a similar one (I-162).
        """
        require_valid_name("name", name)
        if description is not None:
            require_valid_description("description", description)
        self.transactions.run(
            lambda store: create(store, actor, locked_zone(store, zone), name, description)
        )

    def delete(self, actor: Actor, zone: str, name: str) -> Use:
        """Delete the collection; return the numbers of ended assignments and mappings.

        Raises StateConflict if it is read-only, or if the zone would lose its last administrator.
        """
        return self.transactions.run(
            lambda store: _delete(store, actor, locked_zone(store, zone), name)
        )

    def add_role(self, actor: Actor, zone: str, name: str, role: RoleKey) -> bool:
        """Put the role into the collection; return whether it was not in it."""
        return self.transactions.run(
            lambda store: add_role(store, actor, locked_zone(store, zone), name, role)
        )

    def remove_role(self, actor: Actor, zone: str, name: str, role: RoleKey) -> bool:
        """Take the role out of the collection; return whether it was in it."""
        return self.transactions.run(
            lambda store: _change_role(
                store,
                actor,
                locked_zone(store, zone),
                (name, role),
                store.role_collections.remove_role,
            )
        )


def details(store: CollectionStore, collection: RoleCollection) -> CollectionDetails:
    """Return the collection with all its parts."""
    references = store.role_collections.references(collection)
    return CollectionDetails(
        collection,
        store.role_collections.roles(collection),
        [f"{app_id}.{each.name}" for each, app_id in references if app_id],
        [
            f"{each.app_id or each.service_instance}.{each.name}"
            for each, app_id in references
            if not app_id
        ],
        store.assignments.of_collection(collection),
        store.mappings.of_collection(collection),
    )


def create(
    store: CollectionStore, actor: Actor, zone: Zone, name: str, description: str | None
) -> RoleCollection:
    """Create an empty collection in the locked zone; its name was checked."""
    similar = store.role_collections.find_similar(zone, name)
    if similar is not None:
        raise AlreadyExists(
            f"Role Collection {name} already exists in this subaccount. Please choose a different"
            f" name." + (f' It would be confused with "{similar}".' if similar != name else "")
        )
    if len(store.role_collections.all(zone)) >= MAX_COLLECTIONS:
        raise StateConflict(
            f"The zone has {MAX_COLLECTIONS} role collections, the maximum; delete one first."
        )
    created = store.role_collections.create(zone, name, description)
    store.zones.roles_changed(zone)
    store.audit.append(
        collection_event(Action.CREATE_ROLE_COLLECTION, actor, zone, name, store.time())
    )
    return created


def add_role(store: CollectionStore, actor: Actor, zone: Zone, name: str, role: RoleKey) -> bool:
    """Put the role into the collection of the locked zone; return whether it was not in it."""
    return _change_role(store, actor, zone, (name, role), store.role_collections.add_role)


def _all(store: CollectionStore, zone: Zone) -> list[CollectionDetails]:
    return [details(store, each) for each in store.role_collections.all(zone)]


def _delete(store: CollectionStore, actor: Actor, zone: Zone, name: str) -> Use:
    collection, now = changeable_collection(store, zone, name), store.time()
    roles = store.role_collections.roles(collection)
    with keeping_an_administrator(store.assignments, actor, zone, now):
        ended = store.role_collections.delete(collection)
    store.zones.roles_changed(zone)
    store.audit.append(
        collection_event(
            Action.DELETE_ROLE_COLLECTION,
            actor,
            zone,
            name,
            now,
            roles=[str(each) for each in roles],
            ended_assignments=ended.assignments,
            ended_mappings=ended.mappings,
        )
    )
    return ended


def _change_role(
    store: CollectionStore,
    actor: Actor,
    zone: Zone,
    named: tuple[str, RoleKey],
    change: Callable[[RoleCollection, Role], bool],
) -> bool:
    name, key = named
    collection, role, now = (
        changeable_collection(store, zone, name),
        role_of(store, zone, key),
        store.time(),
    )
    before = store.role_collections.roles(collection)
    with keeping_an_administrator(store.assignments, actor, zone, now):
        changed = change(collection, role)
    if changed:
        store.zones.roles_changed(zone)
        after = store.role_collections.roles(collection)
        store.audit.append(
            collection_event(
                Action.CHANGE_ROLE_COLLECTION,
                actor,
                zone,
                name,
                now,
                roles=[str(each) for each in after],
                previous_roles=[str(each) for each in before],
            )
        )
    return changed
