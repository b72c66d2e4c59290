"""Export and import of a zone's own role collections, for moving and for restore (P4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from broker.audit.event import Action
from broker.authorization.collections.assign import Terms, assign
from broker.authorization.collections.custom_roles import CustomRole, create_role
from broker.authorization.collections.events import collection_event
from broker.authorization.collections.export_document import (
    VERSION,
    Document,
    ExportedAssignment,
    ExportedCollection,
    ExportedRole,
    parsed_document,
)
from broker.authorization.collections.find import (
    changeable_collection,
    collection_named,
    locked_zone,
    role_of,
    user_named,
)
from broker.authorization.collections.map_collections import add_mapping
from broker.authorization.collections.model import CollectionMapping, RoleAttribute, RoleKey
from broker.authorization.collections.names import (
    require_valid_description,
    require_valid_name,
)
from broker.authorization.collections.ports import CollectionStore
from broker.authorization.collections.zone_collections import change_roles, create, details
from broker.descriptor.names import AppId
from broker.errors import BrokerError, StateConflict
from broker.identity.administered_zone import administered_zone
from broker.identity.user import is_storable

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.audit.actor import Actor
    from broker.authorization.collections.model import CollectionDetails
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


@dataclass
class Imported:
    """The numbers of new objects, and what could not be applied with the reason."""

    created: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def count(self, kind: str, *, is_new: bool) -> None:
        """Count an object."""
        if is_new:
            self.created[kind] = self.created.get(kind, 0) + 1


@dataclass(frozen=True, slots=True)
class Transfer:
    """Exports and imports role collections with their mappings and assignments."""

    transactions: Transactions[CollectionStore]

    def export(self, zone: str) -> dict[str, Any]:
        """Return the zone's collections, custom roles, mappings and assignments as a document.

        Of read-only collections it has the mappings and assignments only: their roles follow their
        applications.
        """
        return self.transactions.read(lambda store: _export(store, administered_zone(store, zone)))

    def load(self, actor: Actor, zone: str, document: object) -> Imported:
        """Add what the document contains and the zone lacks; nothing is removed.

        Raises InvalidRequest if the document has another form.
        """
        parsed = parsed_document(document)
        return self.transactions.run(
            lambda store: _import(store, actor, locked_zone(store, zone), parsed)
        )


def _export(store: CollectionStore, zone: Zone) -> dict[str, Any]:
    return {
        "version": VERSION,
        "zone": zone.subdomain,
        "roles": [
            {
                **_role(each.key),
                "description": each.description,
                "attributes": {
                    name: {"origin": given.origin, "values": list(given.values)}
                    for name, given in each.attributes.items()
                },
            }
            for each in store.custom_roles.all(zone)
            if not each.is_default
        ],
        "collections": [
            collection_document(details(store, each)) for each in store.role_collections.all(zone)
        ],
    }


def collection_document(shown: CollectionDetails) -> dict[str, Any]:
    """Return a collection as an export contains it."""
    collection = shown.collection
    return {
        "name": collection.name,
        "description": collection.description,
        "read_only": collection.is_read_only,
        "roles": [_role(each) for each in shown.roles],
        "assignments": [
            {
                "origin": each.origin,
                "name": each.user_name,
                "expires": each.expires_at.isoformat() if each.expires_at else None,
                "note": each.note,
            }
            for each in shown.assignments
        ],
        "mappings": [
            {
                "origin": each.origin,
                "attribute": each.attribute,
                "operator": each.operator,
                "value": each.value,
            }
            for each in shown.mappings
        ],
    }


def _role(key: RoleKey) -> dict[str, str]:
    return {"application": key.app_id, "template": key.template, "name": key.name}


def _import(store: CollectionStore, actor: Actor, zone: Zone, document: Document) -> Imported:
    result = Imported()
    for role in document.roles:
        _attempt(
            result,
            "roles",
            f"role {role.name}",
            lambda role=role: _create_role(store, actor, zone, role),  # type: ignore[misc]
        )
    for each in document.collections:
        _import_collection(store, actor, zone, each, result)
    store.audit.append(
        collection_event(
            Action.IMPORT_ROLE_COLLECTIONS,
            actor,
            zone,
            "",
            store.time(),
            **result.created,
            failed=len(result.failed),
        )
    )
    return result


def _import_collection(
    store: CollectionStore, actor: Actor, zone: Zone, given: ExportedCollection, result: Imported
) -> None:
    what = f'role collection "{given.name}"'
    if not given.read_only:
        _attempt(result, "collections", what, lambda: _create(store, actor, zone, given))
        for role in given.roles:
            key = RoleKey(role.application, role.template, role.name)
            _attempt(
                result,
                "roles_in_collections",
                f"{what}, role {key}",
                lambda key=key: _add_role(store, actor, zone, given.name, key),  # type: ignore[misc]
            )
    for each in given.assignments:
        _attempt(
            result,
            "assignments",
            f"{what}, user {each.name} ({each.origin})",
            lambda each=each: _assign(store, actor, zone, given.name, each),  # type: ignore[misc]
        )
    for rule in given.mappings:
        mapping = CollectionMapping(
            given.name, rule.origin, rule.attribute, rule.value, rule.operator
        )
        _attempt(
            result,
            "mappings",
            f"{what}, {rule.attribute}={rule.value} ({rule.origin})",
            lambda mapping=mapping: add_mapping(store, actor, zone, mapping),  # type: ignore[misc]
        )


def _create(store: CollectionStore, actor: Actor, zone: Zone, given: ExportedCollection) -> bool:
    if is_storable(given.name) and store.role_collections.find(zone, given.name) is not None:
        return False
    require_valid_name("name", given.name)
    if given.description is not None:
        require_valid_description("description", given.description)
    create(store, actor, zone, given.name, given.description)
    return True


def _assign(
    store: CollectionStore, actor: Actor, zone: Zone, collection: str, given: ExportedAssignment
) -> bool:
    user = user_named(store, zone, given.origin, given.name)
    known = store.assignments.find(user, collection_named(store, zone, collection))
    if known is None:
        return assign(store, actor, user, collection, Terms(given.expires, given.note))
    if (known.expires_at, known.note) != (given.expires, given.note):
        raise StateConflict("the assignment exists with another expiry or note, which it keeps")
    return False


def _add_role(
    store: CollectionStore, actor: Actor, zone: Zone, collection: str, key: RoleKey
) -> bool:
    found = changeable_collection(store, zone, collection)
    role = role_of(store, zone, _here(store, zone, key))
    return change_roles(store, actor, zone, found, added=[role])


def _create_role(store: CollectionStore, actor: Actor, zone: Zone, given: ExportedRole) -> bool:
    key = _here(store, zone, RoleKey(given.application, given.template, given.name))
    parts = key.app_id, key.template, key.name
    if is_storable(*parts) and store.custom_roles.find(zone, key) is not None:
        return False
    attributes = {
        name: RoleAttribute(each.origin, tuple(each.values))
        for name, each in given.attributes.items()
    }
    create_role(store, actor, zone, CustomRole(key, given.description, attributes))
    return True


def _here(store: CollectionStore, zone: Zone, key: RoleKey) -> RoleKey:
    """Return the role of the application with the same name in this zone, if it has the template.

    Application ids end with the index of their zone.
    """
    if not is_storable(key.app_id, key.template, key.name):
        return key
    if store.custom_roles.template_attributes(zone, key.app_id, key.template) is not None:
        return key
    try:
        app_id = replace(AppId.parse(key.app_id), zone_index=zone.index)
    except ValueError:
        return key
    return replace(key, app_id=str(app_id))


def _attempt(result: Imported, kind: str, what: str, work: Callable[[], bool]) -> None:
    """Count the new object, or note why it cannot be made; these errors precede any write."""
    try:
        result.count(kind, is_new=work())
    except BrokerError as error:
        result.failed.append(f"{what}: {error}")
