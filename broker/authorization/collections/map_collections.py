"""The mapping of provider attributes and groups to role collections (I-159)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.audit.event import Action
from broker.authorization.collections.events import collection_event
from broker.authorization.collections.find import collection_named, locked_zone
from broker.authorization.collections.model import GROUPS, OPERATORS
from broker.authorization.collections.ports import CollectionStore
from broker.authorization.collections.protection import require_change_of_members
from broker.errors import InvalidRequest, StateConflict
from broker.identity.user import LOCAL_ORIGIN, ORIGIN_PATTERN, ORIGIN_RULE, canonical_origin

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.authorization.collections.model import CollectionMapping
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

MAX_MAPPINGS = 5000
"""Mappings in a zone."""

_MAX_TEXT = 255


@dataclass(frozen=True, slots=True)
class MapCollections:
    """Adds and removes mappings."""

    transactions: Transactions[CollectionStore]

    def map(self, actor: Actor, zone: str, mapping: CollectionMapping) -> bool:
        """Add the mapping; return whether it did not exist.

        Raises NotFound, AccessDenied (D-47), StateConflict at the limit of the zone,
        InvalidRequest.
        """
        valid = _valid(mapping)
        return self.transactions.run(
            lambda store: add_mapping(store, actor, locked_zone(store, zone), valid)
        )

    def unmap(self, actor: Actor, zone: str, mapping: CollectionMapping) -> bool:
        """Remove the mapping; return whether it existed. Raises as ``map`` does."""
        valid = _valid(mapping)
        return self.transactions.run(
            lambda store: _remove(store, actor, locked_zone(store, zone), valid)
        )


def add_mapping(
    store: CollectionStore, actor: Actor, zone: Zone, mapping: CollectionMapping
) -> bool:
    """Add the mapping to a collection of the locked zone; return whether it did not exist."""
    mapping, now = _valid(mapping), store.time()
    collection = collection_named(store, zone, mapping.collection)
    require_change_of_members(actor, store.role_collections, zone, collection)
    if store.mappings.count(zone) >= MAX_MAPPINGS:
        raise StateConflict(f"The zone has {MAX_MAPPINGS} mappings, the maximum; remove one first.")
    created = replace(mapping, created_by=actor.reference, created_at=now)
    if not store.mappings.add(collection, created):
        return False
    _changed(store, actor, zone, Action.MAP_ROLE_COLLECTION, mapping)
    return True


def _remove(store: CollectionStore, actor: Actor, zone: Zone, mapping: CollectionMapping) -> bool:
    collection = collection_named(store, zone, mapping.collection)
    require_change_of_members(actor, store.role_collections, zone, collection)
    if not store.mappings.remove(collection, mapping):
        return False
    _changed(store, actor, zone, Action.UNMAP_ROLE_COLLECTION, mapping)
    return True


def _changed(
    store: CollectionStore, actor: Actor, zone: Zone, action: Action, mapping: CollectionMapping
) -> None:
    store.zones.roles_changed(zone)
    store.audit.append(
        collection_event(
            action,
            actor,
            zone,
            mapping.collection,
            store.time(),
            origin=mapping.origin,
            attribute=mapping.attribute,
            value=mapping.value,
            operator=mapping.operator,
        )
    )


def _valid(mapping: CollectionMapping) -> CollectionMapping:
    """Return the mapping with its canonical origin and attribute; raise InvalidRequest."""
    origin = canonical_origin(mapping.origin)
    if origin == LOCAL_ORIGIN:
        raise InvalidRequest.at(
            "origin", f"{LOCAL_ORIGIN}, whose users have no attributes", "another provider"
        )
    if not ORIGIN_PATTERN.fullmatch(origin):
        raise InvalidRequest.at("origin", f"{origin[:40]!a}", ORIGIN_RULE)
    if mapping.operator not in OPERATORS:
        raise InvalidRequest.at("operator", f"{mapping.operator[:40]!a}", OPERATORS[0])
    for path, text in (("attribute", mapping.attribute), ("value", mapping.value)):
        if not text or len(text) > _MAX_TEXT or not text.isprintable():
            raise InvalidRequest.at(
                path, f"{text[:40]!a}", f"1 to {_MAX_TEXT} printable characters"
            )
    return replace(mapping, origin=origin, attribute=canonical_attribute(mapping.attribute))


def canonical_attribute(name: str) -> str:
    """Return the attribute of a mapping; ``groups`` means ``Groups`` (I-42)."""
    return GROUPS if name == GROUPS.lower() else name
