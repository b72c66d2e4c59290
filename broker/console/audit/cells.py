"""The parts of an event as cells; recorded texts may contain any character."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from broker.audit.actor import ActorKind
from broker.audit.event import Outcome, SubjectKind
from broker.audit.search import collection_of
from broker.console.audit.filters import ONE, ONE_OF_ALL
from broker.console.home.pages import ZONE
from broker.console.instances.find import BINDING, path_of
from broker.console.instances.find import ONE as INSTANCE
from broker.console.role_collections.paths import ONE as COLLECTION
from broker.console.tables import Link, Mark, Text
from broker.console.users.lists import ONE as USER
from broker.descriptor.paths import printable
from broker.identity.zone import OPERATOR_ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.audit.event import AuditEvent
    from broker.audit.search import Names, RecordedEvent
    from broker.console.tables import Cell

NOTHING: Final = "\N{EN DASH}"
_MAX_ID = 512
_MAX_SUMMARY = 200
_MAX_VALUE = 4000
_MAX_EXPORTED = 1000
_OUTCOMES: Final = {
    str(Outcome.DONE): Mark("audit.outcome.done", "good"),
    str(Outcome.REFUSED): Mark("audit.outcome.refused", "bad"),
}
_PREVIOUS = "previous"


class Change(NamedTuple):
    """A value before and after."""

    name: str
    before: str
    after: str


class Detail(NamedTuple):
    """Another recorded value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class EventCells:
    """The cells of an event; ``is_in_zone``: the links stay in the zone of the page."""

    recorded: RecordedEvent
    names: Names
    is_in_zone: bool

    @property
    def _event(self) -> AuditEvent:
        return self.recorded.event

    def action(self) -> Link:
        """The action, which leads to the page of the event."""
        path = ONE if self.is_in_zone else ONE_OF_ALL
        path = path.replace("<zone>", self._event.zone_guid)
        return Link(shown(self._event.action), path=path.replace("<event>", str(self.recorded.id)))

    def outcome(self) -> Cell:
        """The outcome."""
        return _OUTCOMES.get(str(self._event.outcome)) or Text(shown(self._event.outcome))

    def actor(self) -> Cell:
        """The actor, by name if the user exists."""
        actor = self._event.actor
        if actor.kind == ActorKind.USER:
            return self._user(actor.id, "", str(actor.kind))
        return Text(shown(str(actor)) or NOTHING, str(actor.kind))

    def subject(self) -> Cell:
        """What the event concerns, by name if it exists."""
        event, subject = self._event, self._event.subject
        kind, text = shown(subject.kind), shown(subject.id)
        if subject.kind == SubjectKind.USER:
            return self._user(subject.id, _text(event.details.get("name", "")), kind)
        if subject.kind == SubjectKind.ROLE_COLLECTION and subject.id:
            return self.collection() or Text(text, kind)
        if subject.kind == SubjectKind.INSTANCE:
            return self.instance() or Text(text, kind)
        if subject.kind == SubjectKind.BINDING:
            return self.binding() or Text(text, kind)
        return Text(text, kind) if text else Text(kind)

    def zone(self, detail: str = "") -> Cell | None:
        """The zone, None for an event without one."""
        guid = self._event.zone_guid
        if not guid:
            return None
        name = self.names.zones.get(guid)
        if name is None or self._is_of_operators(guid):
            return Text(name or guid)
        return Link(name, detail, path=ZONE.replace("<zone>", guid))

    def instance(self) -> Cell | None:
        """The service instance, None for an event without one."""
        id_ = self._event.instance_id
        if not id_:
            return None
        name = self.names.applications.get(id_)
        if name is None:
            return Text(shown(id_), SubjectKind.INSTANCE)
        return Link(name, shown(id_), path=path_of(INSTANCE, id_))

    def binding(self) -> Cell | None:
        """The binding, None for an event without one."""
        event = self._event
        id_, of = event.binding_id, event.instance_id
        if not id_:
            return None
        if (of, id_) not in self.names.bindings:
            return Text(shown(id_), SubjectKind.BINDING)
        path = path_of(BINDING, of)
        return Link(shown(id_), SubjectKind.BINDING, path=path, query={"binding": id_})

    def collection(self) -> Cell | None:
        """The role collection, None for an event without one."""
        name, guid = collection_of(self._event), self._event.zone_guid
        if not name:
            return None
        if (guid, name) not in self.names.collections:
            return Text(_text(name), SubjectKind.ROLE_COLLECTION)
        path = COLLECTION.replace("<zone>", guid)
        return Link(name, SubjectKind.ROLE_COLLECTION, path=path, query={"name": name})

    def _user(self, user_id: str, name: str, kind: str) -> Cell:
        """Return the user; ``name`` was recorded and is shown if the user was deleted."""
        user = self.names.users.get(user_id)
        if user is None:
            return Text(name or shown(user_id), kind)
        if user.zone_guid != self._event.zone_guid or self._is_of_operators(user.zone_guid):
            return Text(user.name, kind)
        path = USER.replace("<zone>", user.zone_guid).replace("<user_id>", user_id)
        return Link(user.name, kind, path=path)

    def _is_of_operators(self, zone_guid: str) -> bool:
        """Return whether the zone is that of the operators, which has no page."""
        return self.names.zones.get(zone_guid) == OPERATOR_ZONE

    def summary(self) -> Text:
        """The details in one line."""
        found = "; ".join(f"{each.name} {each.value}" for each in self._summarized())
        return Text(shown(found, _MAX_SUMMARY))

    def _summarized(self) -> Iterator[Detail]:
        event, others = self._event, self.details()
        first = "collection", "reason"
        yield from (each for each in others if each.name in first)
        if event.instance_id and event.subject.kind != SubjectKind.INSTANCE:
            known_as = self.names.applications.get(event.instance_id, event.instance_id)
            yield Detail("instance", shown(known_as))
        for change in self.changes():
            yield Detail(change.name, f"{change.before} \N{RIGHTWARDS ARROW} {change.after}")
        # The column of the subject has the user's name.
        known = ("name", "origin") if event.subject.kind == SubjectKind.USER else ()
        others = [each for each in others if each.value != NOTHING]
        yield from (each for each in others if each.name not in {*first, *known})

    def exported_details(self) -> str:
        """The details as JSON, shortened."""
        text = json.dumps(dict(self._event.details), ensure_ascii=False)
        return shown(text, _MAX_EXPORTED)

    def changes(self) -> list[Change]:
        """The values that the event changed, with those before."""
        return [Change(_name(key), _text(old), _text(new)) for key, old, new in self._changed()]

    def details(self) -> list[Detail]:
        """The other values."""
        details = self._event.details
        used = {"cut_off"} | ({"changed", _PREVIOUS} if self._has_pair() else set())
        for key, _, _ in self._changed():
            used |= {key, f"{_PREVIOUS}_{key}"}
        kept = ((key, value) for key, value in details.items() if key not in used)
        return [Detail(_name(key), _text(value)) for key, value in kept]

    @property
    def is_cut(self) -> bool:
        """Return whether the details were too long to be stored."""
        return "cut_off" in self._event.details

    def _has_pair(self) -> bool:
        """Return whether all changed values are in two objects."""
        details = self._event.details
        return all(isinstance(details.get(name), Mapping) for name in ("changed", _PREVIOUS))

    def _changed(self) -> Iterator[tuple[str, Any, Any]]:
        details = self._event.details
        if self._has_pair():
            old, new = details[_PREVIOUS], details["changed"]
            yield from ((key, old.get(key), new.get(key)) for key in {**old, **new})
        for key, value in details.items():
            name = key.removeprefix(f"{_PREVIOUS}_")
            if name != key:
                yield name, value, details.get(name)

    def identity(self) -> str:
        """What the request said of its origin, '' for nothing."""
        identity = self._event.actor.identity
        return _text(identity) if identity else ""


def shown(text: str, length: int = _MAX_ID) -> str:
    """Return a recorded text without characters that a page cannot contain."""
    return printable(text, length)


def _name(key: str) -> str:
    return shown(key.replace("_", "-"))


def _text(value: object) -> str:
    """Return a recorded value as one line."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return shown(value, _MAX_VALUE)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return shown(", ".join(value), _MAX_VALUE)
    return shown(json.dumps(value, ensure_ascii=False), _MAX_VALUE)
