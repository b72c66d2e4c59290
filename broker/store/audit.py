"""The audit trail in the database (D-23)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import insert

from broker.audit.revoking import revokes
from broker.ids import new_row_id
from broker.store.database.columns import from_json_text, json_text
from broker.store.database.deferred import execute_later
from broker.store.database.faults import translating
from broker.store.rollback.revocations import Revocations
from broker.store.tables.core import audit_event as table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from broker.audit.event import AuditEvent

_MAX_IDENTITY = 4000
_MAX_DETAILS = 16_000
"""Characters; each of the 1000 characters of a reason may need twelve in JSON."""
_CUT_OFF = '{"cut_off":true}'

# Built once: building a statement takes longer than executing it.
_INSERT = insert(table)

_log = structlog.get_logger("broker.audit")


class AuditTable:
    """Appends audit events within a transaction; logs them after the commit."""

    def __init__(self, connection: Connection, revocations: Revocations) -> None:
        """``revocations`` counts the events that revoke something."""
        self._connection = connection
        self.revocations = revocations
        self._appended: list[tuple[AuditEvent, str]] = []

    def append(self, event: AuditEvent) -> None:
        """Insert the event, and count it if it revokes something.

        Raises StoreUnavailable if the database was put back from a copy (D-62).
        """
        if revokes(event):
            self.revocations.count()
        actor = event.actor
        identity = None if actor.identity is None else json_text(actor.identity)
        details = json_text(event.details)
        execute_later(
            self._connection,
            _INSERT,
            {
                "id": new_row_id(),
                "at": event.at,
                "action": event.action,
                "platform": actor.platform,
                "identity": identity and identity[:_MAX_IDENTITY],
                "instance_id": event.instance_id,
                "binding_id": event.binding_id,
                "correlation_id": actor.correlation_id,
                "zone_guid": event.zone_guid or None,
                "actor_kind": actor.kind,
                "actor_id": actor.id[:255],
                "subject_kind": event.subject.kind,
                "subject_id": event.subject.id[:512],
                "outcome": event.outcome,
                "details": details if len(details) <= _MAX_DETAILS else _CUT_OFF,
            },
        )
        self._appended.append((event, details))

    def log_committed(self) -> None:
        """Log the appended events; to be called after the commit."""
        for event, details in self._appended:
            actor, subject = event.actor, event.subject
            _log.info(
                "audit",
                action=str(event.action),
                at=event.at.isoformat(),
                outcome=str(event.outcome),
                zone=event.zone_guid,
                actor={"kind": str(actor.kind), "id": actor.id},
                platform=actor.platform,
                identity=actor.identity,
                subject={"kind": str(subject.kind), "id": subject.id},
                instance_id=event.instance_id,
                binding_id=event.binding_id,
                details=from_json_text(details),
            )


@contextmanager
def audited(engine: Engine) -> Iterator[tuple[Connection, AuditTable]]:
    """Yield a transaction with its audit trail, for tables without a repository.

    Raises StoreUnavailable or Busy; then nothing was written, unless revocations cannot be counted
    after the commit.
    """
    with translating(), engine.begin() as connection:
        revocations = Revocations(connection)
        trail = AuditTable(connection, revocations)
        yield connection, trail
    trail.log_committed()
    revocations.committed()
