"""Sessions of users in browsers (I-80, I-84)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.credentials.opaque import Opaque
from broker.identity.user_events import user_event
from broker.ids import new_row_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from broker.clock import Clock
    from broker.identity.user import User
    from broker.transactions import Transactions

IDLE_END = timedelta(minutes=30)

SEEN_INTERVAL = timedelta(minutes=1)
"""How often the last request of a session is recorded, at most."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session; ``user`` is as currently stored, ``token_epoch`` as at the logon."""

    row_id: int
    user: User
    auth_time: datetime
    amr: tuple[str, ...]
    token_epoch: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    provider_session: str | None = None
    """The ``sid`` of the identity provider's session (I-51)."""

    def is_live(self, now: datetime) -> bool:
        """Return whether the session has ended neither by time nor with its user (I-09, I-84)."""
        return (
            now < self.expires_at
            and now < self.last_seen_at + IDLE_END
            and self.token_epoch == self.user.token_epoch
            and self.user.is_active
            and self.user.provider_is_active
        )


class SessionRepository(Protocol):
    """Sessions, within a transaction."""

    def find(self, value: Opaque) -> Session | None:
        """Return the session, None if it is unknown or was stored for another user."""

    def add(self, session: Session, value: Opaque, id_token: str | None = None) -> None:
        """Insert a session; ``id_token`` is the provider's, for the logout there (I-50)."""

    def renew(self, session: Session, value: Opaque, id_token: str | None = None) -> bool:
        """Replace the cookie and the logon of a stored session; return False if it has ended."""

    def id_token(self, session: Session) -> str | None:
        """Return the provider's id token, if there is one."""

    def seen(self, session: Session, now: datetime) -> None:
        """Record a request."""

    def end(self, session: Session) -> bool:
        """Delete the session, its codes and the refresh tokens of tokens exchanged in it.

        Return False if it has ended before.
        """

    def of_user(self, user: User) -> Sequence[Session]:
        """Return the stored sessions of the user, the latest first."""


class WithSessions(WithAudit, Protocol):
    """A transaction that writes sessions and records logins and logouts."""

    @property
    def sessions(self) -> SessionRepository:
        """The repository of sessions."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Begins, finds and ends sessions. The cookie is an opaque value, the row has the data."""

    transactions: Transactions[WithSessions]
    clock: Clock
    absolute_end: timedelta = timedelta(hours=12)
    """How long a session lives, at most."""
    address_of_request: Callable[[], str] = str
    """Returns the address of the current request's client, for the audit trail."""

    def begin(  # noqa: PLR0913 - what a session remembers
        self,
        store: WithSessions,
        user: User,
        amr: tuple[str, ...],
        *,
        previous: Session | None = None,
        provider_session: str | None = None,
        id_token: str | None = None,
        client_id: str = "",
    ) -> tuple[str, Session]:
        """Store a session of the user, who logs on now, in the caller's transaction.

        ``previous`` is the browser's session, live or not: it goes on with the new logon if it is
        live and the user's, so that tokens exchanged in it stay valid, and ends otherwise. Return
        the value of the cookie, which is new at each logon (I-83), and the session. ``client_id``
        is that of the application at which the user logs in, for the audit trail.
        """
        now, value = self.clock.now(), Opaque.new()
        session = Session(
            row_id=new_row_id(),
            user=user,
            auth_time=now,
            amr=amr,
            token_epoch=user.token_epoch,
            created_at=now,
            last_seen_at=now,
            expires_at=now + self.absolute_end,
            provider_session=provider_session,
        )
        client = {"client_id": client_id} if client_id else {}
        self._record(store, Action.LOG_IN, user, now, amr=list(amr), **client)
        if previous is not None and previous.user.row_id == user.row_id and previous.is_live(now):
            renewed = replace(session, row_id=previous.row_id)
            if store.sessions.renew(renewed, value, id_token):
                return str(value), renewed
        elif previous is not None:
            store.sessions.end(previous)
        store.sessions.add(session, value, id_token)
        return str(value), session

    def numbered(self, zone_index: int, cookie: str) -> Session | None:
        """Return the live session with this cookie in the zone with this index.

        Its use is recorded once a minute.
        """
        session, now = self.stored(zone_index, cookie), self.clock.now()
        if session is None or not session.is_live(now):
            return None
        if now < session.last_seen_at + SEEN_INTERVAL:
            return session
        self.transactions.run(lambda store: store.sessions.seen(session, now))
        return replace(session, last_seen_at=now)

    def stored(self, zone_index: int, cookie: str) -> Session | None:
        """Return the session with this cookie in the zone with this index, live or not.

        A logout also ends what was exchanged in a session that has expired (D-59).
        """
        value = Opaque.parse(cookie)
        session = (
            self.transactions.read(lambda store: store.sessions.find(value)) if value else None
        )
        is_of_zone = session is not None and session.user.zone.index == zone_index
        return session if is_of_zone else None

    def end(self, session: Session) -> None:
        """End the session, its codes, and what was exchanged in it: the user logs out (D-59)."""

        def end(store: WithSessions) -> None:
            if store.sessions.end(session):
                began = session.created_at.isoformat()
                now = self.clock.now()
                self._record(store, Action.LOG_OUT, session.user, now, session_began_at=began)

        self.transactions.run(end)

    def _record(
        self, store: WithSessions, action: Action, user: User, now: datetime, **details: object
    ) -> None:
        by, address = Actor(ActorKind.USER, user.user_id), self.address_of_request()
        store.audit.append(user_event(action, by, user, now, address=address, **details))
