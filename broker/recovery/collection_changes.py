"""Changes of role collections and custom roles since a backup: withdrawals to repeat (D-59)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from broker.audit.event import Action
from broker.authorization.collections.custom_roles import UNRESTRICTED, narrowed
from broker.authorization.collections.declared import DROPPED
from broker.authorization.collections.model import CollectionMapping, RoleAttribute, RoleKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from broker.recovery.logged_event import LoggedEvent


@dataclass(slots=True)
class CollectionChanges:
    """Withdrawals in the order of the log, with the zones' GUIDs; dicts without values are sets.

    A collection or role of the same name created later is another one: it cancels no deletion.
    """

    dropped: dict[str, dict[str, None]] = field(default_factory=dict)
    """Declared collections whose use an update ended, by instance id."""
    unmapped: dict[tuple[str, CollectionMapping], None] = field(default_factory=dict)
    removed: dict[tuple[str, str, str], None] = field(default_factory=dict)
    """Roles taken out of collections: zone, collection and the role's text."""
    roles: dict[tuple[str, RoleKey], None] = field(default_factory=dict)
    """Deleted custom roles."""
    narrowed: dict[tuple[str, RoleKey], Mapping[str, RoleAttribute]] = field(default_factory=dict)
    """The attribute values that custom roles kept, if a change took some away."""
    deleted: dict[tuple[str, str], None] = field(default_factory=dict)
    """Deleted collections, by zone and name."""

    def drop(self, event: LoggedEvent) -> Sequence[str]:
        """Add the collections in use that the update of an instance dropped; return their names."""
        names = _texts(event.details, DROPPED) or []
        if names:
            self.dropped.setdefault(event.instance_id, {}).update(dict.fromkeys(names))
        return names

    def add(self, event: LoggedEvent) -> bool:
        """Add an event, in the order of the times; return whether the withdrawal repeats it all.

        Other changes of role collections and roles are to be reported.
        """
        match event.action:
            case Action.UNMAP_ROLE_COLLECTION if mapping := _mapping(event):
                self.unmapped[event.zone_guid, mapping] = None
            case Action.MAP_ROLE_COLLECTION if mapping := _mapping(event):
                self.unmapped.pop((event.zone_guid, mapping), None)
                return False
            case Action.CHANGE_ROLE_COLLECTION:
                return self._add_change(event)
            case Action.CHANGE_ROLE if key := _role(event):
                return self._add_role_change(event, key)
            case Action.DELETE_ROLE if key := _role(event):
                self.narrowed.pop((event.zone_guid, key), None)
                self.roles[event.zone_guid, key] = None
            case Action.DELETE_ROLE_COLLECTION:
                self.deleted[event.zone_guid, event.subject_id] = None
            case _:
                return False
        return True

    def _add_change(self, event: LoggedEvent) -> bool:
        before, after = (_texts(event.details, name) for name in ("previous_roles", "roles"))
        if before is None or after is None:
            return False
        added = set(after).difference(before)
        for role in before:
            if role not in after:
                self.removed[event.zone_guid, event.subject_id, role] = None
        for role in added:
            self.removed.pop((event.zone_guid, event.subject_id, role), None)
        return not added

    def _add_role_change(self, event: LoggedEvent, key: RoleKey) -> bool:
        before, after = (
            _attributes(event.details, name) for name in ("previous_attributes", "attributes")
        )
        if before is None or after is None:
            return False
        role = event.zone_guid, key
        if role in self.narrowed or not _covers(after, before):
            # Of several changes the last decides: what it gave back is not taken away.
            self.narrowed[role] = after
        texts = (event.details.get(name) for name in ("previous_description", "description"))
        return _covers(before, after) and len(set(texts)) == 1

    def withdrawals(self) -> Iterator[str]:
        """Yield a sentence for each withdrawal to repeat."""
        for instance_id, names in self.dropped.items():
            for name in names:
                yield (
                    f"End the assignments and mappings of role collection {name} of service"
                    f" instance {instance_id}, if it exists."
                )
        for guid, mapping in self.unmapped:
            yield f"Remove {shown(mapping)} of zone {guid}, if it exists."
        for guid, collection, role in self.removed:
            yield (
                f"Remove role {role} from role collection {collection} of zone {guid}, if it"
                " exists."
            )
        for guid, key in self.narrowed:
            yield (
                f"Restrict the attribute values of role {key} of zone {guid} to those of its last"
                " change, if it exists."
            )
        for guid, key in self.roles:
            yield f"Delete role {key} of zone {guid}, if it exists."
        for guid, collection in self.deleted:
            yield f"Delete role collection {collection} of zone {guid}, if it exists."


def shown(mapping: CollectionMapping) -> str:
    """Return the mapping as a part of a sentence."""
    return (
        f"the mapping of {mapping.attribute}={mapping.value} ({mapping.origin}) to role collection"
        f" {mapping.collection}"
    )


def _mapping(event: LoggedEvent) -> CollectionMapping | None:
    parts = [event.details.get(name) for name in ("origin", "attribute", "value")]
    origin, attribute, value = parts
    if not (isinstance(origin, str) and isinstance(attribute, str) and isinstance(value, str)):
        return None
    return CollectionMapping(event.subject_id, origin, attribute, value)


def _role(event: LoggedEvent) -> RoleKey | None:
    app_id, template = event.details.get("application"), event.details.get("template")
    if not (isinstance(app_id, str) and isinstance(template, str)):
        return None
    return RoleKey(app_id, template, event.subject_id)


def _attributes(details: Mapping[str, Any], name: str) -> dict[str, RoleAttribute] | None:
    found: dict[str, RoleAttribute] = {}
    given = details.get(name)
    if not isinstance(given, dict):
        return None
    for attribute, each in given.items():
        match each:
            case {"origin": "static" | "idp" | "unrestricted" as origin, "values": list(values)}:
                found[attribute] = RoleAttribute(origin, tuple(map(str, values)))
            case _:
                return None
    return found


def _covers(one: Mapping[str, RoleAttribute], other: Mapping[str, RoleAttribute]) -> bool:
    """Return whether the values of one include those of the other; absent ones allow all."""
    return all(
        narrowed(other.get(name, UNRESTRICTED), limit) == other.get(name, UNRESTRICTED)
        for name, limit in one.items()
    )


def _texts(details: Mapping[str, Any], name: str) -> list[str] | None:
    found = details.get(name)
    return list(map(str, found)) if isinstance(found, list | tuple) else None
