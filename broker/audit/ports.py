"""Where audit events go."""

from __future__ import annotations

from typing import Protocol

from broker.audit.event import AuditEvent


class AuditTrail(Protocol):
    """The audit trail."""

    def append(self, event: AuditEvent) -> None:
        """Add an event, to be committed with what it reports."""


class WithAudit(Protocol):
    """The audit trail."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""
