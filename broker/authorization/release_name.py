"""Release of the name of a deleted application before its time (D-30)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.authorization.ports import WithHeldNames

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.transactions import Transactions


class ReleaseStore(WithHeldNames, WithAudit, Protocol):
    """What a release touches."""


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """Lets every space use a name that is kept for one."""

    transactions: Transactions[ReleaseStore]
    clock: Clock

    def __call__(self, actor: Actor, app_id: str) -> bool:
        """Release the name; tell whether it was kept."""
        return self.transactions.run(lambda found: self._within(found, actor, app_id))

    def _within(self, store: ReleaseStore, actor: Actor, app_id: str) -> bool:
        released = store.held_names.release(app_id)
        if released:
            subject = Subject(SubjectKind.APPLICATION, app_id)
            store.audit.append(AuditEvent(Action.RELEASE_NAME, actor, subject, self.clock.now()))
        return released
