"""Reading the audit trail, and cutting off its oldest part (D-23)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from broker.audit.actor import Caller
from broker.audit.event import Action, AuditEvent
from broker.store.database.engine import reading
from broker.store.database.faults import translating
from broker.store.tables.core import audit_event as table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Engine


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events are wanted; None and '' mean any."""

    instance_id: str = ""
    binding_id: str = ""
    action: str = ""
    platform: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions."""
        equal = {
            table.c.instance_id: self.instance_id,
            table.c.binding_id: self.binding_id,
            table.c.action: self.action,
            table.c.platform: self.platform,
        }
        yield from (column == value for column, value in equal.items() if value)
        if self.since is not None:
            yield table.c.at >= self.since
        if self.until is not None:
            yield table.c.at < self.until


def audit_events(engine: Engine, wanted: AuditFilter, limit: int) -> list[AuditEvent]:
    """Return the newest ``limit`` events that fit, the oldest of them first."""
    newest = select(table).where(*wanted.conditions()).order_by(table.c.at.desc()).limit(limit)
    with translating(), engine.connect().execution_options(**reading(engine)) as connection:
        rows = connection.execute(newest).all()
    return [
        AuditEvent(
            action=Action(row.action),
            caller=Caller(row.platform, _identity(row.identity), row.correlation_id),
            instance_id=row.instance_id,
            binding_id=row.binding_id,
            at=row.at,
            detail=row.detail or "",
        )
        for row in reversed(rows)
    ]


def prune_audit_events(engine: Engine, before: datetime) -> int:
    """Delete the events before that time; return how many there were."""
    with translating(), engine.begin() as connection:
        return connection.execute(delete(table).where(table.c.at < before)).rowcount


def _identity(text: str | None) -> dict[str, object] | None:
    if text is None:
        return None
    try:
        identity: dict[str, object] = json.loads(text)
    except ValueError:  # a very long one was cut off
        return {"cut off": text}
    return identity
