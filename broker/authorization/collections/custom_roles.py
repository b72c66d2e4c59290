"""Roles that administrators make of role templates, with attribute values (I-G3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.audit.event import Action
from broker.authorization.collections.events import role_event
from broker.authorization.collections.find import locked_zone, role_of
from broker.authorization.collections.model import RoleAttribute
from broker.authorization.collections.names import require_valid_description
from broker.authorization.collections.ports import CollectionStore
from broker.authorization.collections.protection import is_built_in
from broker.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    ReadOnly,
    StateConflict,
    Violation,
)
from broker.identity.administered_zone import administered_zone
from broker.identity.built_in_roles import require_change_of_holders
from broker.identity.user import is_storable
from broker.identity.users.protection import keeping_an_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from broker.audit.actor import Actor
    from broker.authorization.collections.model import Role, RoleKey
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

ROLE_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
ROLE_NAME_RULE = "1 to 64 characters from 'a'-'z', 'A'-'Z', '0'-'9', '_', '.' and '-'"
MAX_ROLES = 2500
"""Roles that administrators make in a zone."""
MAX_VALUES = 100
UNRESTRICTED = RoleAttribute("unrestricted")
_MAX_VALUE = 255


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A role to create."""

    key: RoleKey
    description: str | None
    attributes: Mapping[str, RoleAttribute]


@dataclass(frozen=True, slots=True)
class ZoneRoles:
    """Reads the roles of a zone; creates and deletes those of administrators."""

    transactions: Transactions[CollectionStore]

    def all(self, zone: str) -> Sequence[Role]:
        """Return the roles, ordered by application, template and name."""
        return self.transactions.read(
            lambda store: store.custom_roles.all(administered_zone(store, zone))
        )

    def create(self, actor: Actor, zone: str, role: CustomRole) -> None:
        """Create the role.

        Raises NotFound for the template, AlreadyExists, InvalidRequest for name and attributes,
        StateConflict at the limit of the zone.
        """
        self.transactions.run(
            lambda store: create_role(store, actor, locked_zone(store, zone), role)
        )

    def change(self, actor: Actor, zone: str, role: CustomRole) -> bool:
        """Change description and attribute values of the role; return whether they were others.

        Raises NotFound, ReadOnly for a default role, InvalidRequest, AccessDenied (D-47).
        """
        return self.transactions.run(
            lambda store: change_role(store, actor, locked_zone(store, zone), role)
        )

    def narrow(
        self, actor: Actor, zone: str, key: RoleKey, limits: Mapping[str, RoleAttribute]
    ) -> bool:
        """Take the values beyond these limits away from the role; return whether it had any.

        Raises as ``change`` does.
        """
        return self.transactions.run(
            lambda store: _narrow(store, actor, locked_zone(store, zone), key, limits)
        )

    def delete(self, actor: Actor, zone: str, key: RoleKey) -> Sequence[str]:
        """Delete the role; return the names of the collections that contained it.

        Raises NotFound, and StateConflict for a default role or if the zone would lose its last
        administrator.
        """
        return self.transactions.run(
            lambda store: _delete(store, actor, locked_zone(store, zone), key)
        )


def create_role(store: CollectionStore, actor: Actor, zone: Zone, role: CustomRole) -> None:
    """Create the role in the locked zone."""
    key = role.key
    if not ROLE_NAME.fullmatch(key.name):
        raise InvalidRequest.at("name", f"{key.name[:64]!a}", ROLE_NAME_RULE)
    _require_valid(store, zone, role)
    require_change_of_holders(actor, concerned=is_built_in(zone, key))
    if store.custom_roles.find(zone, key) is not None:
        raise AlreadyExists(f"The template {key.template} has a role {key.name} already.")
    if store.custom_roles.count(zone) >= MAX_ROLES:
        raise StateConflict(
            f"The zone has {MAX_ROLES} roles of administrators, the maximum; delete one first."
        )
    store.custom_roles.create(zone, key, role.description, role.attributes)
    store.zones.roles_changed(zone)
    attributes = _recorded(role.attributes)
    store.audit.append(
        role_event(Action.CREATE_ROLE, actor, zone, key, store.time(), attributes=attributes)
    )


def _require_valid(store: CollectionStore, zone: Zone, role: CustomRole) -> None:
    """Raise NotFound for the template, InvalidRequest for description and values."""
    key = role.key
    if role.description is not None:
        require_valid_description("description", role.description)
    declared = None
    if is_storable(key.app_id, key.template):
        declared = store.custom_roles.template_attributes(zone, key.app_id, key.template)
    if declared is None:
        raise NotFound(
            f"Zone {zone.subdomain} has no role template {key.template[:64]!a} of application"
            f" {key.app_id[:64]!a}."
        )
    if broken := list(_violations(role.attributes, declared)):
        raise InvalidRequest(broken)


def _changeable(store: CollectionStore, zone: Zone, key: RoleKey) -> Role:
    role = role_of(store, zone, key)
    if role.is_default:
        raise ReadOnly(
            f"Role {key.name} is the default role of template {key.template}, which only the"
            " descriptor of its application changes."
        )
    return role


def change_role(store: CollectionStore, actor: Actor, zone: Zone, changed: CustomRole) -> bool:
    """Change the role of the locked zone; return whether it was another one.

    Raises as ``ZoneRoles.change`` does.
    """
    role = _changeable(store, zone, changed.key)
    _require_valid(store, zone, changed)
    require_change_of_holders(actor, concerned=is_built_in(zone, role.key))
    if (role.description, role.attributes) == (changed.description, changed.attributes):
        return False
    _write(store, actor, zone, role, changed)
    return True


def _write(
    store: CollectionStore, actor: Actor, zone: Zone, role: Role, changed: CustomRole
) -> None:
    store.custom_roles.change(role, changed.description, changed.attributes)
    store.zones.roles_changed(zone)
    details = {
        "description": changed.description,
        "attributes": _recorded(changed.attributes),
        "previous_description": role.description,
        "previous_attributes": _recorded(role.attributes),
    }
    store.audit.append(
        role_event(Action.CHANGE_ROLE, actor, zone, role.key, store.time(), **details)
    )


def narrowed(own: RoleAttribute, limit: RoleAttribute) -> RoleAttribute:
    """Return what both allow; no values, which give nothing, if that is not known (I-140)."""
    if limit.origin == UNRESTRICTED.origin or own == limit:
        return own
    if own.origin == UNRESTRICTED.origin:
        return limit
    if own.origin != limit.origin or own.origin != "static":
        return RoleAttribute("static")
    return RoleAttribute("static", tuple(each for each in own.values if each in limit.values))


def _narrow(
    store: CollectionStore,
    actor: Actor,
    zone: Zone,
    key: RoleKey,
    limits: Mapping[str, RoleAttribute],
) -> bool:
    role = _changeable(store, zone, key)
    require_change_of_holders(actor, concerned=is_built_in(zone, key))
    declared = store.custom_roles.template_attributes(zone, key.app_id, key.template) or {}
    attributes = dict(role.attributes)
    for name, is_required in declared.items():
        # Without a value, a role gives nothing for a required attribute, and anything for others.
        own = attributes.get(name, None if is_required else UNRESTRICTED)
        if own is not None and (limit := limits.get(name)) is not None:
            narrower = narrowed(own, limit)
            if narrower != own:
                attributes[name] = narrower
    if attributes == role.attributes:
        return False
    _write(store, actor, zone, role, CustomRole(key, role.description, attributes))
    return True


def _recorded(attributes: Mapping[str, RoleAttribute]) -> dict[str, object]:
    return {
        name: {"origin": each.origin, "values": list(each.values)}
        for name, each in attributes.items()
    }


def _delete(store: CollectionStore, actor: Actor, zone: Zone, key: RoleKey) -> Sequence[str]:
    role, now = _changeable(store, zone, key), store.time()
    require_change_of_holders(actor, concerned=is_built_in(zone, key))
    with keeping_an_administrator(store.assignments, actor, zone, now):
        collections = store.custom_roles.delete(role)
    store.zones.roles_changed(zone)
    store.audit.append(
        role_event(Action.DELETE_ROLE, actor, zone, key, now, removed_from=list(collections))
    )
    return collections


def _violations(
    given: Mapping[str, RoleAttribute], declared: Mapping[str, bool]
) -> Iterator[Violation]:
    names = ", ".join(declared) or "none; the template has no attributes"
    for name, attribute in given.items():
        path = f"attributes.{name[:64]}"
        if name not in declared:
            yield Violation(path, "no attribute of the template", names)
        elif attribute.origin != "unrestricted":
            yield from _value_violations(path, attribute)
        elif declared[name]:
            yield Violation(path, "unrestricted, but a value is required", "values")
        elif attribute.values:
            yield Violation(path, "values of an unrestricted attribute", "none")
    for name, is_required in declared.items():
        if is_required and name not in given:
            yield Violation(f"attributes.{name}", "no value", "a value, which is required")


def _value_violations(path: str, attribute: RoleAttribute) -> Iterator[Violation]:
    limit = MAX_VALUES if attribute.origin == "static" else 1
    if not 1 <= len(attribute.values) <= limit:
        yield Violation(path, f"{len(attribute.values)} values", f"1 to {limit}")
    for value in attribute.values:
        if not value or len(value) > _MAX_VALUE or not value.isprintable():
            yield Violation(
                path, f"the value {value[:40]!a}", f"1 to {_MAX_VALUE} printable characters"
            )
