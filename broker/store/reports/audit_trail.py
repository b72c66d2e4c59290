"""Reading and pruning the audit trail (D-23)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, delete, func, literal, or_, select, tuple_

from broker.audit.actor import Actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.groups import actions_named
from broker.audit.older import older_actor, older_details, older_subject
from broker.audit.search import MAX_SCANNED, AuditPage, Position, RecordedEvent
from broker.identity.user import folded
from broker.identity.zone import OPERATOR_INDEX
from broker.store.audit import audited
from broker.store.database.batches import delete_in_batches
from broker.store.database.columns import json_text
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.reports.audit_names import names_of
from broker.store.tables.collation import by_code_points
from broker.store.tables.core import UtcDateTime, zone
from broker.store.tables.core import audit_event as table
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine, Row, ScalarSelect, Select, Tuple
    from sqlalchemy.sql.base import ReadOnlyColumnCollection

    from broker.audit.search import AuditFilter, Names

_NEWEST_FIRST = table.c.at.desc(), table.c.id.desc()
_ASSIGNMENTS = Action.ASSIGN_ROLE_COLLECTION, Action.UNASSIGN_ROLE_COLLECTION
_MAX_TEXT = 512
"""Characters of the longest column that a filter compares."""
_CHUNK = 1000
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


class AuditTrailReader:
    """Reads the audit trail within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, filter_: AuditFilter, before: Position | None, limit: int) -> AuditPage:
        """Return at most ``limit`` events before this place; reads at most ``MAX_SCANNED``."""
        if not _is_comparable(filter_):
            return AuditPage(())
        # An index leads to the searched events only: those chosen among them may be rare.
        end = self._end_of_scan(filter_, before) if list(_chosen(filter_, table.c)) else None
        rows = self._connection.execute(_newest(filter_, before, end, limit + 1)).all()
        events = [RecordedEvent(row.id, _event_of(row)) for row in rows[:limit]]
        if len(rows) > limit:
            return AuditPage(events, events[-1].position)
        return AuditPage(events, end, is_cut=end is not None)

    def one(self, zone_guid: str, event_id: int) -> RecordedEvent | None:
        """Return the event, None if there is none in the zone; '' for any zone."""
        query = select(table).where(table.c.id == event_id)
        if zone_guid:
            query = query.where(table.c.zone_guid == zone_guid)
        row = self._connection.execute(query).first()
        return None if row is None else RecordedEvent(row.id, _event_of(row))

    def names(self, events: Sequence[RecordedEvent]) -> Names:
        """Return the names of what the events concern, in one statement."""
        return names_of(self._connection, [each.event for each in events])

    def _end_of_scan(self, filter_: AuditFilter, before: Position | None) -> Position | None:
        """Return the last place that may be read, None if the events are few enough."""
        query = _searched(select(table.c.at, table.c.id), filter_, before)
        row = self._connection.execute(query.offset(MAX_SCANNED - 1).limit(1)).first()
        return None if row is None else Position(row.at, row.id)


def audit_events(engine: Engine, filter_: AuditFilter, limit: int | None) -> list[AuditEvent]:
    """Return the newest ``limit`` matching events, None for all; the oldest of them first."""
    return [each.event for each in recorded_events(engine, filter_, limit)]


def recorded_events(engine: Engine, filter_: AuditFilter, limit: int | None) -> list[RecordedEvent]:
    """Return the same events with the ids of their records."""
    found: list[RecordedEvent] = []
    before: Position | None = None
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        reader = AuditTrailReader(connection)
        while limit is None or len(found) < limit:
            size = _CHUNK if limit is None else min(_CHUNK, limit - len(found))
            page = reader.page(filter_, before, size)
            found += page.events
            before = page.older
            if before is None:
                break
    return found[::-1]


def recorded_event(engine: Engine, event_id: int) -> RecordedEvent | None:
    """Return the event of any zone, None if there is none."""
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        return AuditTrailReader(connection).one("", event_id)


def _is_comparable(filter_: AuditFilter) -> bool:
    """Return whether an event can have these texts; databases refuse to look up others."""
    texts = (
        *(filter_.instance_id, filter_.binding_id, filter_.action, filter_.platform),
        *(filter_.zone_guid, filter_.actor, filter_.subject, filter_.outcome),
    )
    return all(len(text) <= _MAX_TEXT and text.isprintable() for text in texts)


def _newest(
    filter_: AuditFilter, before: Position | None, end: Position | None, limit: int
) -> Select[Any]:
    """Return the query of the newest events before a place; ``end`` is the last one to read."""
    query = _searched(select(table), filter_, before, end)
    if not list(_chosen(filter_, table.c)):
        return query.limit(limit)
    # The inner limit keeps the planner from another way to the events that are chosen.
    found = query.limit(2 * MAX_SCANNED).subquery()
    newest_first = found.c.at.desc(), found.c.id.desc()
    chosen = _chosen(filter_, found.c)
    return select(found).where(*chosen).order_by(*newest_first).limit(limit)


def _searched(
    query: Select[Any],
    filter_: AuditFilter,
    before: Position | None,
    end: Position | None = None,
) -> Select[Any]:
    """Return the query of events in the order of an index, the newest first.

    Each limit is one comparison of rows, which begin with the index's first column: PostgreSQL
    takes single comparisons to other indexes, and reads all newer events of other zones.
    """
    lead: list[tuple[ColumnElement[str], str]] = []
    if filter_.instance_id:
        lead = [(table.c.instance_id, filter_.instance_id)]
    elif filter_.zone_guid:
        lead = [(table.c.zone_guid, filter_.zone_guid)]
        query = query.where(table.c.zone_guid.is_not(None))  # as the index
    columns = tuple_(*(column for column, _ in lead), table.c.at)

    def values(at: datetime) -> Tuple:
        return tuple_(*(literal(value, String) for _, value in lead), literal(at, UtcDateTime))

    until, since = filter_.until or _LAST, filter_.since or _FIRST
    if before is not None and before.at < until:
        # Not "<" or "<": each would lead to an index of its own.
        is_before = or_(table.c.at != before.at, table.c.id < before.id)
        query = query.where(columns <= values(before.at), is_before)
    else:
        query = query.where(columns < values(until))
    query = query.where(columns >= values(end.at if end else since))
    if end is not None:
        query = query.where(or_(table.c.at != end.at, table.c.id >= end.id))
    return query.order_by(*(column.desc() for column, _ in lead), *_NEWEST_FIRST)


def _chosen(
    filter_: AuditFilter, of: ReadOnlyColumnCollection[str, Any]
) -> Iterator[ColumnElement[bool]]:
    """Yield the other conditions."""
    if filter_.instance_id and filter_.zone_guid:
        yield of.zone_guid == filter_.zone_guid
    if filter_.action:
        yield of.action.in_(sorted(actions_named(filter_.action)))
    for column, value in (
        (of.binding_id, filter_.binding_id),
        (of.platform, filter_.platform),
        (of.outcome, filter_.outcome),
    ):
        if value:
            yield column == value
    if actor := filter_.actor:
        yield or_(of.actor_id == actor, of.actor_id.in_(_users(filter_, actor)))
    if subject := filter_.subject:
        named = f'"collection":{json_text(subject)}'
        yield or_(
            of.subject_id == subject,
            of.subject_id.in_(_users(filter_, subject)),
            # LIKE would compare without case on SQLite.
            and_(
                of.action.in_(_ASSIGNMENTS),
                func.replace(of.details, named, "") != of.details,
            ),
        )


def _users(filter_: AuditFilter, name: str) -> ScalarSelect[str]:
    """Return the ids of users of the zone, and of operators, with this name."""
    return (
        select(shadow_user.c.user_id)
        .join(zone, zone.c.id == shadow_user.c.zone_row_id)
        .where(
            or_(zone.c.guid == filter_.zone_guid, zone.c.number == OPERATOR_INDEX),
            by_code_points(shadow_user.c.folded_name) == folded(name),
        )
        .scalar_subquery()
    )


def prune_audit_events(engine: Engine, before: datetime, actor: Actor) -> int:
    """Delete the events before that time and record an event of it; return how many."""
    with audited(engine) as (connection, trail):
        count = connection.execute(delete(table).where(table.c.at < before)).rowcount
        trail.append(_prune_event(before, actor, database_time(connection), count))
        return count


def prune_in_batches(engine: Engine, before: datetime, actor: Actor) -> int:
    """Delete the events before that time in short transactions; return how many.

    If there were some, record an event of it. Raises StoreUnavailable or Busy.
    """
    count = delete_in_batches(engine, table, table.c.at < before)
    if count:
        with audited(engine) as (connection, trail):
            trail.append(_prune_event(before, actor, database_time(connection), count))
    return count


def _prune_event(before: datetime, actor: Actor, now: datetime, count: int) -> AuditEvent:
    details = {"before": before.isoformat(), "deleted": count}
    return AuditEvent(Action.PRUNE_AUDIT, actor, Subject(SubjectKind.AUDIT_TRAIL), now, details)


def _event_of(row: Row[*tuple[Any, ...]]) -> AuditEvent:
    identity = _json(row.identity)
    if row.actor_kind is None:
        return AuditEvent(
            row.action,
            older_actor(row.platform, identity, row.correlation_id),
            older_subject(row.instance_id, row.binding_id, identity),
            row.at,
            older_details(row.detail or "", identity),
            instance_id=row.instance_id,
            binding_id=row.binding_id,
        )
    return AuditEvent(
        row.action,
        Actor(row.actor_kind, row.actor_id, row.platform, identity, row.correlation_id),
        Subject(row.subject_kind, row.subject_id),
        row.at,
        _json(row.details) or {},
        row.outcome,
        row.zone_guid or "",
        row.instance_id,
        row.binding_id,
    )


def _json(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError:  # truncated because of its length
        return {"cut off": text}
    return document
