"""Role collections that administrators make: create, delete, change roles (I-150)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.audit.event import Action
from broker.authorization.collections.events import collection_event
from broker.authorization.collections.find import (
    changeable_collection,
    collection_named,
    find_role,
    locked_zone,
    role_of,
)
from broker.authorization.collections.model import CollectionDetails, Use
from broker.authorization.collections.names import (
    require_valid_description,
    require_valid_name,
)
from broker.authorization.collections.ports import CollectionStore
from broker.authorization.collections.protection import is_built_in, require_change_of_members
from broker.descriptor.paths import printable
from broker.errors import AlreadyExists, InvalidRequest, StateConflict, Violation
from broker.identity.administered_zone import administered_zone
from broker.identity.built_in_roles import require_change_of_holders
from broker.identity.users.protection import keeping_an_administrator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.audit.actor import Actor
    from broker.authorization.collections.model import Role, RoleCollection, RoleKey
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

MAX_COLLECTIONS = 5000
"""Role collections in a zone."""
MAX_NEW_ROLES = 2500
"""Roles in all collections that one request creates."""


@dataclass(frozen=True, slots=True)
class NewCollection:
    """A collection to create."""

    name: str
    description: str | None = None
    roles: Sequence[RoleKey] = ()


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

    def create(
        self,
        actor: Actor,
        zone: str,
        name: str,
        description: str | None,
        roles: Sequence[RoleKey] = (),
    ) -> None:
        """Create a collection with these roles.

        Raises InvalidRequest for the name and for unknown roles, AlreadyExists if the zone has a
        similar one (I-162), AccessDenied (D-47).
        """
        self.create_all(actor, zone, [NewCollection(name, description, roles)])

    def create_all(self, actor: Actor, zone: str, new: Sequence[NewCollection]) -> None:
        """Create all collections or none; raise like ``create``, InvalidRequest for many roles."""
        number = sum(len(each.roles) for each in new)
        if number > MAX_NEW_ROLES:
            raise InvalidRequest.at(
                "roleReferences", f"{number} roles in one request", f"at most {MAX_NEW_ROLES}"
            )
        for each in new:
            require_valid_name("name", each.name)
            if each.description is not None:
                require_valid_description("description", each.description)

        def work(store: CollectionStore) -> None:
            in_zone = locked_zone(store, zone)
            for each in new:
                created = create(store, actor, in_zone, each.name, each.description)
                roles = _known_roles(store, in_zone, each.roles)
                change_roles(store, actor, in_zone, created, added=roles)

        self.transactions.run(work)

    def describe(self, actor: Actor, zone: str, name: str, description: str | None) -> bool:
        """Change the description; return whether it was another one.

        Raises InvalidRequest, NotFound, and ReadOnly for a declared collection.
        """
        if description is not None:
            require_valid_description("description", description)
        return self.transactions.run(
            lambda store: describe(store, actor, locked_zone(store, zone), name, description)
        )

    def delete(self, actor: Actor, zone: str, name: str) -> Use:
        """Delete the collection; return the numbers of ended assignments and mappings.

        Raises ReadOnly for a declared one, AccessDenied (D-47), and StateConflict if the zone would
        lose its last administrator.
        """
        return self.delete_all(actor, zone, [name])

    def delete_all(self, actor: Actor, zone: str, names: Sequence[str]) -> Use:
        """Delete all collections or none; raise like ``delete``."""

        def work(store: CollectionStore) -> Use:
            in_zone = locked_zone(store, zone)
            return sum((delete(store, actor, in_zone, name) for name in names), start=Use())

        return self.transactions.run(work)

    def add_roles(self, actor: Actor, zone: str, name: str, *roles: RoleKey) -> bool:
        """Put the roles into the collection; return whether one was not in it.

        Raises NotFound, ReadOnly, AccessDenied (D-47).
        """

        def work(store: CollectionStore) -> bool:
            in_zone = locked_zone(store, zone)
            collection = changeable_collection(store, in_zone, name)
            added = [role_of(store, in_zone, each) for each in roles]
            return change_roles(store, actor, in_zone, collection, added=added)

        return self.transactions.run(work)

    def remove_roles(
        self, actor: Actor, zone: str, name: str, *roles: RoleKey, ignore_unknown: bool = False
    ) -> bool:
        """Take the roles out of the collection; return whether one was in it.

        ``ignore_unknown``: roles that do not exist are no error. Raises like ``add_roles``.
        """

        def work(store: CollectionStore) -> bool:
            in_zone = locked_zone(store, zone)
            collection = changeable_collection(store, in_zone, name)
            find = find_role if ignore_unknown else role_of
            found = [find(store, in_zone, each) for each in roles]
            removed = [each for each in found if each is not None]
            return change_roles(store, actor, in_zone, collection, removed=removed)

        return self.transactions.run(work)


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
    if store.role_collections.count(zone) >= MAX_COLLECTIONS:
        raise StateConflict(
            f"The zone has {MAX_COLLECTIONS} role collections, the maximum; delete one first."
        )
    created = store.role_collections.create(zone, name, description)
    store.zones.roles_changed(zone)
    store.audit.append(
        collection_event(Action.CREATE_ROLE_COLLECTION, actor, zone, name, store.time())
    )
    return created


def _all(store: CollectionStore, zone: Zone) -> list[CollectionDetails]:
    return [details(store, each) for each in store.role_collections.all(zone)]


def delete(store: CollectionStore, actor: Actor, zone: Zone, name: str) -> Use:
    """Delete the collection of the locked zone; raise as ``ZoneCollections.delete``."""
    collection, now = changeable_collection(store, zone, name), store.time()
    require_change_of_members(actor, store.role_collections, zone, collection)
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


def describe(
    store: CollectionStore, actor: Actor, zone: Zone, name: str, description: str | None
) -> bool:
    """Change the description of a collection in the locked zone; it was checked."""
    collection = changeable_collection(store, zone, name)
    if collection.description == description:
        return False
    store.role_collections.describe(collection, description)
    details = {"description": description, "previous_description": collection.description}
    store.audit.append(
        collection_event(Action.CHANGE_ROLE_COLLECTION, actor, zone, name, store.time(), **details)
    )
    return True


def _known_roles(store: CollectionStore, zone: Zone, keys: Sequence[RoleKey]) -> list[Role]:
    """Return the roles; raise InvalidRequest with all unknown ones."""
    found = [find_role(store, zone, key) for key in keys]
    unknown = [
        Violation(f"roleReferences[{at}]", f"the unknown role {printable(str(key))}", "a role")
        for at, (key, role) in enumerate(zip(keys, found, strict=True))
        if role is None
    ]
    if unknown:
        raise InvalidRequest(unknown)
    return [each for each in found if each is not None]


def change_roles(  # noqa: PLR0913 - a pair of lists
    store: CollectionStore,
    actor: Actor,
    zone: Zone,
    collection: RoleCollection,
    *,
    added: Sequence[Role] = (),
    removed: Sequence[Role] = (),
) -> bool:
    """Change the roles of a changeable collection of the locked zone; return whether it changed."""
    now = store.time()
    concerned = any(is_built_in(zone, each.key) for each in (*added, *removed))
    require_change_of_holders(actor, concerned=concerned)
    before = store.role_collections.roles(collection)
    with keeping_an_administrator(store.assignments, actor, zone, now):
        changed = [store.role_collections.add_role(collection, role) for role in added]
        changed += [store.role_collections.remove_role(collection, role) for role in removed]
    if not any(changed):
        return False
    store.zones.roles_changed(zone)
    after = store.role_collections.roles(collection)
    store.audit.append(
        collection_event(
            Action.CHANGE_ROLE_COLLECTION,
            actor,
            zone,
            collection.name,
            now,
            roles=[str(each) for each in after],
            previous_roles=[str(each) for each in before],
        )
    )
    return True
