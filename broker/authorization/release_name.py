"""Early release of the name of a deleted application (D-30)."""

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
    """The store of a release."""


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """Releases a name that is held for one space."""

    transactions: Transactions[ReleaseStore]
    clock: Clock

    def __call__(self, actor: Actor, app_id: str) -> bool:
        """Release the name; return whether it was held."""
        return self.transactions.run(lambda store: self._in_transaction(store, actor, app_id))

    def _in_transaction(self, store: ReleaseStore, actor: Actor, app_id: str) -> bool:
        released = store.held_names.release(app_id)
        if released:
            subject = Subject(SubjectKind.APPLICATION, app_id)
            store.audit.append(AuditEvent(Action.RELEASE_NAME, actor, subject, self.clock.now()))
        return released
