"""Deletion of provider's users who have not logged on for long (decision 0076)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.identity.user import User
from broker.identity.user_events import user_event
from broker.transactions import TellsTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.audit.actor import Actor
    from broker.transactions import Transactions

BATCH = 100
"""Users per transaction."""


class UnusedUsers(Protocol):
    """Finds users whom their next logon would create again, with the same rights."""

    def origins(self) -> Sequence[tuple[int, str]]:
        """Return the zone's row id and the origin of each provider whose logons create users."""

    def some(
        self, origin: tuple[int, str], before: datetime, now: datetime, limit: int
    ) -> Sequence[User]:
        """Return users of the origin without a logon since ``before``, locked until the commit.

        They are active and have no assignment, session or refresh token. Users whom another
        transaction has locked are omitted.
        """


class DeletesUsers(Protocol):
    """Deletes users."""

    def remove(self, user: User) -> None:
        """Delete the user with everything that belongs to it (I-10)."""


class UnusedUserStore(WithAudit, TellsTime, Protocol):
    """The repositories behind the deletion."""

    @property
    def unused_users(self) -> UnusedUsers:
        """The repository of unused users."""

    @property
    def users(self) -> DeletesUsers:
        """The repository of users."""


@dataclass(frozen=True, slots=True)
class DeleteUnusedUsers:
    """Deletes them in batches, each in one transaction with its audit events."""

    transactions: Transactions[UnusedUserStore]

    def __call__(self, actor: Actor, before: datetime) -> int:
        """Delete the users without a logon since ``before``; return how many."""
        origins = self.transactions.read(lambda store: store.unused_users.origins())
        return sum(self._of_origin(actor, origin, before) for origin in origins)

    def _of_origin(self, actor: Actor, origin: tuple[int, str], before: datetime) -> int:
        deleted = found = self._batch(actor, origin, before)
        while found == BATCH:
            found = self._batch(actor, origin, before)
            deleted += found
        return deleted

    def _batch(self, actor: Actor, origin: tuple[int, str], before: datetime) -> int:
        def work(store: UnusedUserStore) -> int:
            now = store.time()
            users = store.unused_users.some(origin, before, now, BATCH)
            for user in users:
                store.users.remove(user)
                last = user.last_logon_at and user.last_logon_at.isoformat()
                event = user_event(Action.DELETE_USER, actor, user, now, last_logon=last)
                store.audit.append(event)
            return len(users)

        return self.transactions.run(work)
