"""The objects that a request names, or the error that names what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.errors import NotFound, ReadOnly, RoleCollectionNotFound
from broker.identity.administered_zone import administered_zone
from broker.identity.user import canonical_origin, is_storable

if TYPE_CHECKING:
    from broker.authorization.collections.model import Role, RoleCollection, RoleKey
    from broker.authorization.collections.ports import CollectionStore
    from broker.identity.user import User
    from broker.identity.zone import Zone

_MAX_SHOWN = 64


def locked_zone(store: CollectionStore, name: str) -> Zone:
    """Return the zone with this index, GUID or subdomain, locked until the commit.

    Its built-in application exists then. Raises NotFound, StateConflict.
    """
    found = administered_zone(store, name)
    store.zones.lock_roles(found)
    store.built_in.ensure(found)
    return found


def user_named(store: CollectionStore, zone: Zone, origin: str, name: str) -> User:
    """Return the zone's user; raise NotFound."""
    is_text = is_storable(origin, name)
    user = store.users.named(zone, canonical_origin(origin), name) if is_text else None
    if user is None:
        raise NotFound(
            f"Zone {zone.subdomain} has no user {_shown(name)} of origin {_shown(origin)}."
        )
    return user


def collection_named(store: CollectionStore, zone: Zone, name: str) -> RoleCollection:
    """Return the zone's collection with exactly this name; raise NotFound."""
    found = store.role_collections.find(zone, name) if is_storable(name) else None
    if found is None:
        similar = store.role_collections.find_similar(zone, name) if is_storable(name) else None
        hint = f'; there is "{similar}"' if similar else ""
        text = f'Zone {zone.subdomain} has no role collection "{_shown(name)}"{hint}.'
        raise RoleCollectionNotFound(zone.guid, name, text)
    return found


def changeable_collection(store: CollectionStore, zone: Zone, name: str) -> RoleCollection:
    """Return the collection; raise NotFound, and ReadOnly for a declared one (I-150)."""
    found = collection_named(store, zone, name)
    if found.is_read_only:
        raise ReadOnly(
            f'Role collection "{found.name}" belongs to {found.app_id} and is read-only: only users'
            " and mappings can be assigned to it."
        )
    return found


def find_role(store: CollectionStore, zone: Zone, key: RoleKey) -> Role | None:
    """Return the role, None if the zone has none with this key."""
    is_text = is_storable(key.app_id, key.template, key.name)
    return store.custom_roles.find(zone, key) if is_text else None


def role_of(store: CollectionStore, zone: Zone, key: RoleKey) -> Role:
    """Return the role; raise NotFound."""
    found = find_role(store, zone, key)
    if found is None:
        raise NotFound(
            f'Zone {zone.subdomain} has no role "{_shown(key.name)}" of template'
            f' "{_shown(key.template)}" and application "{_shown(key.app_id)}".'
        )
    return found


def _shown(text: str) -> str:
    printable = "".join(char if char.isprintable() else "?" for char in text[:_MAX_SHOWN])
    return printable + "…" * (len(text) > _MAX_SHOWN)
