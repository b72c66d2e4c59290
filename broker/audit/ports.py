"""Store interfaces of the audit trail."""

from __future__ import annotations

from typing import Protocol

from broker.audit.event import AuditEvent


class AuditTrail(Protocol):
    """Stores audit events."""

    def append(self, event: AuditEvent) -> None:
        """Add an event within the transaction of the change that it records."""


class WithAudit(Protocol):
    """A transaction that records audit events."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""
