"""Deletion of users (I-10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.audit.event import Action
from broker.identity.administered_zone import FindZone, administered_zone
from broker.identity.built_in_roles import require_change_of_user
from broker.identity.user_events import user_event
from broker.identity.users.change import require_another_administrator
from broker.identity.users.find import user_to_change
from broker.identity.users.version import require_version

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.user import User
    from broker.identity.users.find import UserId, UserName
    from broker.identity.users.ports import UserStore
    from broker.identity.zone import Zone
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Deletes users with everything that belongs to them; the audit trail keeps events."""

    transactions: Transactions[UserStore]
    clock: Clock
    find_zone: FindZone = administered_zone

    def __call__(self, actor: Actor, of: UserName | UserId, expected: int | None = None) -> User:
        """Delete and return the user in one transaction.

        ``expected`` is its version, None for any. Raises NotFound, AccessDenied for a holder of a
        built-in role whom the actor may not change (D-47), and StateConflict for another version,
        and for the zone's last administrator unless the command line asks for it (I-160).
        """
        return self.transactions.run(
            lambda store: self.within(store, actor, self.find_zone(store, of.zone), of, expected)
        )

    def within(
        self,
        store: UserStore,
        actor: Actor,
        zone: Zone,
        of: UserName | UserId,
        expected: int | None = None,
    ) -> User:
        """Delete and return the user in the caller's transaction; raise like a call."""
        user = user_to_change(store, zone, of)
        require_version(f"user ({user.user_id})", expected, user.version)
        require_change_of_user(actor, store.assignments, user)
        require_another_administrator(store, actor, user)
        store.users.remove(user)
        now = self.clock.now()
        store.audit.append(user_event(Action.DELETE_USER, actor, user, now))
        return user
