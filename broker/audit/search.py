"""Searching the audit trail: the newest events first, page by page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from broker.audit.event import SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from broker.audit.event import AuditEvent
    from broker.transactions import Transactions

MAX_SCANNED: Final = 10_000
"""How many events a page may read to find those that match, newest first."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION = re.compile(r"([0-9]{1,17})\.([0-9]{1,19})")
_ID = re.compile(r"[1-9][0-9]{0,18}")
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Selects audit events; None and '' match any value.

    ``action``: an action, or the name of a group of actions. ``actor``: an id, or the name of a
    user of the zone or of an operator. ``subject``: an id, the name of such a user, or that of a
    role collection, whose assignments are then included. ``until`` is exclusive.
    """

    instance_id: str = ""
    binding_id: str = ""
    action: str = ""
    platform: str = ""
    zone_guid: str = ""
    actor: str = ""
    subject: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """The place of an event in the trail; ``id`` orders those of the same time."""

    at: datetime
    id: int

    def __str__(self) -> str:
        """Return the text for URLs: microseconds since 1970 and id."""
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """Return the position with this text, None for another text."""
        found = _POSITION.fullmatch(text)
        if found is None or int(found[2]) > _MAX_ID:
            return None
        # 17 digits of microseconds end in the year 5138.
        return cls(_EPOCH + timedelta(microseconds=int(found[1])), int(found[2]))


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with the id of its record."""

    id: int
    event: AuditEvent

    @property
    def position(self) -> Position:
        """The place of the event."""
        return Position(self.event.at, self.id)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events, the newest first.

    ``older`` is the place after which older ones may follow, None at the end. ``is_cut``: the
    search ended there because it had read ``MAX_SCANNED`` events.
    """

    events: Sequence[RecordedEvent]
    older: Position | None = None
    is_cut: bool = False


class NamedUser(NamedTuple):
    """The name of a user, and the GUID of its zone."""

    name: str
    zone_guid: str


@dataclass(frozen=True, slots=True)
class Names:
    """What exists of the things that events concern; others were deleted.

    Keys: ``users`` user ids; ``applications`` instance ids, with the application's id; ``zones``
    GUIDs, with the subdomain; ``bindings`` instance id and binding id; ``collections`` GUID of the
    zone and name.
    """

    users: Mapping[str, NamedUser] = field(default_factory=dict)
    applications: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    bindings: frozenset[tuple[str, str]] = frozenset()
    collections: frozenset[tuple[str, str]] = frozenset()


def parsed_id(text: str) -> int | None:
    """Return the id of a record from a text, None if no record can have it."""
    number = int(text) if _ID.fullmatch(text) else 0
    return number if 0 < number <= _MAX_ID else None


def collection_of(event: AuditEvent) -> str:
    """Return the name of the role collection that the event concerns, '' for none."""
    if event.subject.kind == SubjectKind.ROLE_COLLECTION:
        return event.subject.id
    name = event.details.get("collection", "")
    return name if isinstance(name, str) else ""


class AuditReader(Protocol):
    """Reads the audit trail."""

    def page(self, filter_: AuditFilter, before: Position | None, limit: int) -> AuditPage:
        """Return at most ``limit`` events before this place; reads at most ``MAX_SCANNED``."""

    def one(self, zone_guid: str, event_id: int) -> RecordedEvent | None:
        """Return the event, None if there is none in the zone; '' for any zone."""

    def names(self, events: Sequence[RecordedEvent]) -> Names:
        """Return the names of what the events concern, in one statement.

        Users are those of the events' zones and operators; anything else is of the events' zones.
        """


class WithAuditReader(Protocol):
    """A transaction that reads the audit trail."""

    @property
    def audit_reader(self) -> AuditReader:
        """The reader."""


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """Reads the audit trail, without a lock."""

    transactions: Transactions[WithAuditReader]

    def page(
        self, filter_: AuditFilter, before: Position | None, limit: int
    ) -> tuple[AuditPage, Names]:
        """Return at most ``limit`` events before this place, with names."""

        def read(store: WithAuditReader) -> tuple[AuditPage, Names]:
            found = store.audit_reader.page(filter_, before, limit)
            return found, store.audit_reader.names(found.events)

        return self.transactions.read(read)

    def pages(
        self, filter_: AuditFilter, limit: int, most: int
    ) -> Iterator[tuple[AuditPage, Names]]:
        """Yield pages of ``limit`` events until the end of the trail, but at most ``most``."""
        before: Position | None = None
        for _ in range(most):
            found, names = self.page(filter_, before, limit)
            yield found, names
            before = found.older
            if before is None:
                return

    def one(self, zone_guid: str, event_id: int) -> tuple[RecordedEvent, Names] | None:
        """Return the event with names, None if there is none in the zone; '' for any zone."""

        def read(store: WithAuditReader) -> tuple[RecordedEvent, Names] | None:
            found = store.audit_reader.one(zone_guid, event_id)
            return None if found is None else (found, store.audit_reader.names([found]))

        return self.transactions.read(read)
