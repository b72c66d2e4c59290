"""The audit trail in the database (D-23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from broker.ids import new_row_id
from broker.store.database.columns import json_text
from broker.store.tables.core import audit_event as table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broker.audit.event import AuditEvent

_LONGEST_IDENTITY = 4000


class AuditTable:
    """Appends events; remembers them until they are committed and can be logged too."""

    def __init__(self, connection: Connection) -> None:
        """Work inside the connection's transaction."""
        self._connection = connection
        self.appended: list[AuditEvent] = []

    def append(self, event: AuditEvent) -> None:
        """Insert the event."""
        caller = event.caller
        identity = None if caller.identity is None else json_text(caller.identity)
        self._connection.execute(
            insert(table),
            {
                "id": new_row_id(),
                "at": event.at,
                "action": event.action,
                "platform": caller.platform,
                "identity": identity and identity[:_LONGEST_IDENTITY],
                "instance_id": event.instance_id,
                "binding_id": event.binding_id,
                "correlation_id": caller.correlation_id,
                "detail": event.detail or None,
            },
        )
        self.appended.append(event)
