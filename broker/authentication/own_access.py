"""A user's own sessions and consents, and their end by the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Action
from broker.authentication.consent import Consent, WithConsents
from broker.authentication.session import Session, WithSessions
from broker.identity.user_events import user_event

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.transactions import Transactions


class OwnAccessStore(WithSessions, WithConsents, Protocol):
    """The repositories of this module."""

    def time(self) -> datetime:
        """Return the database's time."""


@dataclass(frozen=True, slots=True)
class OwnAccess:
    """Lists and ends what a logged-on user has opened."""

    transactions: Transactions[OwnAccessStore]
    clock: Clock

    def of(self, user: User) -> tuple[tuple[Session, ...], tuple[Consent, ...]]:
        """Return the user's live sessions, the latest first, and its consents."""

        def read(store: OwnAccessStore) -> tuple[tuple[Session, ...], tuple[Consent, ...]]:
            now = self.clock.now()
            live = tuple(each for each in store.sessions.of_user(user) if each.is_live(now))
            return live, tuple(store.consents.of_user(user))

        return self.transactions.read(read)

    def end_session(self, user: User, row_id: int) -> bool:
        """End the user's session with this row id; return False if there is none."""

        def end(store: OwnAccessStore) -> bool:
            sessions = store.sessions.of_user(user)
            session = next((each for each in sessions if each.row_id == row_id), None)
            if session is None or not store.sessions.end(session):
                return False
            details = {"session_began_at": session.created_at.isoformat()}
            store.audit.append(
                user_event(Action.END_SESSIONS, _actor(user), user, store.time(), **details)
            )
            return True

        return self.transactions.run(end)

    def withdraw(self, user: User, client_row_id: int) -> bool:
        """Withdraw the user's consent to the client; return False if there is none.

        The client's codes and refresh tokens for the user end.
        """

        def withdraw(store: OwnAccessStore) -> bool:
            app_id = store.consents.withdraw(user, client_row_id)
            if app_id is not None:
                action, now = Action.WITHDRAW_CONSENT, store.time()
                event = user_event(action, _actor(user), user, now, application=app_id)
                store.audit.append(event)
            return app_id is not None

        return self.transactions.run(withdraw)


def give_consent(
    store: OwnAccessStore, user: User, client: Client, scopes: Collection[str]
) -> None:
    """Store the user's consent to these scopes for the client, in the caller's transaction."""
    now = store.time()
    store.consents.grant(user, client.row_id, scopes, now)
    details = {"application": client.app_id, "scopes": sorted(scopes)}
    store.audit.append(user_event(Action.GIVE_CONSENT, _actor(user), user, now, **details))


def _actor(user: User) -> Actor:
    return Actor(ActorKind.USER, user.user_id)
