"""Reading and pruning the audit trail (D-23)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from broker.audit.actor import Actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.older import older_actor, older_details, older_subject
from broker.store.audit import audited
from broker.store.database.batches import delete_in_batches
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.database.faults import translating
from broker.store.tables.core import audit_event as table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Engine, Row


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Selects audit events; None and '' match any value."""

    instance_id: str = ""
    binding_id: str = ""
    action: str = ""
    platform: str = ""
    zone_guid: str = ""
    actor_id: str = ""
    subject_id: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the SQL conditions."""
        equal = {
            table.c.instance_id: self.instance_id,
            table.c.binding_id: self.binding_id,
            table.c.action: self.action,
            table.c.platform: self.platform,
            table.c.zone_guid: self.zone_guid,
            table.c.actor_id: self.actor_id,
            table.c.subject_id: self.subject_id,
            table.c.outcome: self.outcome,
        }
        yield from (column == value for column, value in equal.items() if value)
        if self.since is not None:
            yield table.c.at >= self.since
        if self.until is not None:
            yield table.c.at < self.until


def audit_events(engine: Engine, filter_: AuditFilter, limit: int | None) -> list[AuditEvent]:
    """Return the newest ``limit`` matching events, None for all; the oldest of them first."""
    newest = select(table).where(*filter_.conditions()).order_by(table.c.at.desc()).limit(limit)
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        rows = connection.execute(newest).all()
    return [_event_of(row) for row in reversed(rows)]


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
