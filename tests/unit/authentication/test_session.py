"""Sessions: how long they live, and how often their use is recorded (I-80, I-84)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.authentication.session import Session, Sessions
from tests.support.domain import FakeClock
from tests.support.instances import ZONE
from tests.support.users import a_user

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.event import AuditEvent
    from broker.credentials.opaque import Opaque

USER = a_user(ZONE)


class Store:
    """Sessions in memory."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stored: dict[str, Session] = {}
        self.writes = 0
        self.events: list[AuditEvent] = []
        part: Any = self
        self.sessions_of = Sessions(part, self.clock)

    @property
    def sessions(self) -> Store:
        return self

    @property
    def audit(self) -> Store:
        return self

    def append(self, event: AuditEvent) -> None:
        self.events.append(event)

    def read(self, work: Any) -> Any:
        return work(self)

    def run(self, work: Any) -> Any:
        return work(self)

    def find(self, value: Opaque) -> Session | None:
        return self.stored.get(str(value))

    def add(self, session: Session, value: Opaque, id_token: str | None = None) -> None:
        self.stored[str(value)] = session

    def renew(self, session: Session, value: Opaque, id_token: str | None = None) -> bool:
        known = any(each.row_id == session.row_id for each in self.stored.values())
        self.end(session)
        if known:
            self.stored[str(value)] = session
        return known

    def id_token(self, session: Session) -> str | None:
        return None

    def seen(self, session: Session, now: datetime) -> None:
        self.writes += 1
        self.stored = {
            text: replace(each, last_seen_at=now) if each.row_id == session.row_id else each
            for text, each in self.stored.items()
        }

    def end(self, session: Session) -> bool:
        before = len(self.stored)
        self.stored = {
            text: each for text, each in self.stored.items() if each.row_id != session.row_id
        }
        return len(self.stored) < before


def begun() -> tuple[Any, str]:
    store: Any = Store()
    cookie, session = store.sessions_of.begin(store, USER, ("pwd",))
    assert store.stored == {cookie: session}
    return store, cookie


def test_a_session_is_found_by_its_cookie_in_its_zone() -> None:
    """I-81: zones that share a host have different sessions."""
    store, cookie = begun()
    session = store.sessions_of.numbered(ZONE.index, cookie)
    assert session is not None
    assert (session.user, session.amr, session.auth_time) == (USER, ("pwd",), store.clock.now())
    assert store.sessions_of.numbered(8, cookie) is None
    for other in ("", "x", cookie + "x", "0" * 24 + "." + "a" * 43):
        assert store.sessions_of.numbered(ZONE.index, other) is None


def test_each_logon_has_a_new_cookie() -> None:
    """I-83: an old one cannot be fixed."""
    store, cookie = begun()
    other, _ = store.sessions_of.begin(store, USER, ("pwd",))
    assert other != cookie


def test_a_second_logon_of_the_user_replaces_the_cookie() -> None:
    """I-83: the session goes on, its earlier cookie is refused."""
    store, cookie = begun()
    session = store.sessions_of.numbered(ZONE.index, cookie)
    store.clock.advance(minutes=10)
    other, renewed = store.sessions_of.begin(store, USER, ("pwd", "otp"), previous=session)
    assert session is not None
    assert renewed.row_id == session.row_id
    assert renewed.auth_time == store.clock.now() != session.auth_time
    assert store.sessions_of.numbered(ZONE.index, cookie) is None
    assert store.sessions_of.numbered(ZONE.index, other) == renewed


def test_the_logon_of_another_user_ends_the_session() -> None:
    """I-83."""
    store, cookie = begun()
    session = store.sessions_of.numbered(ZONE.index, cookie)
    other, begun_anew = store.sessions_of.begin(store, a_user(ZONE), ("pwd",), previous=session)
    assert store.stored == {other: begun_anew}


@pytest.mark.parametrize("pause", [timedelta(minutes=31), timedelta(hours=13)])
def test_a_logon_ends_an_expired_session_of_the_user(pause: timedelta) -> None:
    """I-84, D-59: what was exchanged in it ends as well, like with a logout."""
    store, cookie = begun()
    session = store.sessions_of.stored(ZONE.index, cookie)
    store.clock.advance(seconds=pause.total_seconds())
    other, begun_anew = store.sessions_of.begin(store, USER, ("pwd",), previous=session)
    assert store.stored == {other: begun_anew}
    assert begun_anew.row_id != session.row_id


def test_the_absolute_end_is_configured() -> None:
    """I-84."""
    store = Store()
    part: Any = store
    sessions = Sessions(part, store.clock, timedelta(hours=1))
    cookie, session = sessions.begin(part, USER, ("pwd",))
    assert session.expires_at == store.clock.now() + timedelta(hours=1)
    for _ in range(3):
        store.clock.advance(minutes=19)
        assert sessions.numbered(ZONE.index, cookie)
    store.clock.advance(minutes=3)
    assert sessions.numbered(ZONE.index, cookie) is None


def test_a_second_logon_after_the_end_begins_a_session() -> None:
    store, cookie = begun()
    session = store.sessions_of.numbered(ZONE.index, cookie)
    assert session is not None
    store.sessions_of.end(session)
    other, again = store.sessions_of.begin(store, USER, ("pwd",), previous=session)
    assert again.row_id != session.row_id
    assert store.stored == {other: again}


def test_its_use_is_recorded_once_a_minute() -> None:
    """I-80."""
    store, cookie = begun()
    for _ in range(6):
        assert store.sessions_of.numbered(ZONE.index, cookie)
        store.clock.advance(seconds=20)
    assert store.writes == 1


def test_an_idle_session_ends() -> None:
    """I-84."""
    store, cookie = begun()
    store.clock.advance(minutes=29)
    assert store.sessions_of.numbered(ZONE.index, cookie)
    store.clock.advance(minutes=30)
    assert store.sessions_of.numbered(ZONE.index, cookie) is None


def test_a_used_session_ends_after_twelve_hours() -> None:
    """I-84."""
    store, cookie = begun()
    for _ in range(36):
        assert store.sessions_of.numbered(ZONE.index, cookie)
        store.clock.advance(minutes=20)
    assert store.sessions_of.numbered(ZONE.index, cookie) is None


def test_a_session_ends_with_its_user() -> None:
    """I-09, I-45, D-59."""
    store, cookie = begun()
    session = store.sessions_of.numbered(ZONE.index, cookie)
    assert session is not None
    now = store.clock.now()
    for changes in (
        {"token_epoch": USER.token_epoch + 1},
        {"is_active": False},
        {"provider_is_active": False},
    ):
        user: Any = replace(USER, **changes)
        assert not replace(session, user=user).is_live(now + timedelta(seconds=1))


def test_an_ended_session_is_unknown() -> None:
    store, cookie = begun()
    session = store.sessions_of.numbered(ZONE.index, cookie)
    assert session is not None
    store.sessions_of.end(session)
    assert store.sessions_of.numbered(ZONE.index, cookie) is None


def test_a_login_and_a_logout_are_one_event_each() -> None:
    """D-63: also the logout of a session that has expired; a second one changes nothing."""
    store = Store()
    part: Any = store
    sessions = Sessions(part, store.clock, address_of_request=lambda: "192.0.2.7")
    _, session = sessions.begin(part, USER, ("pwd",), client_id="sb-app!t1")
    began = store.clock.now()
    store.clock.advance(minutes=31)
    sessions.end(session)
    sessions.end(session)
    login, logout = store.events
    user = {"name": USER.name, "origin": USER.origin, "address": "192.0.2.7"}
    assert (login.action, login.at) == ("log-in", began)
    assert login.details == {**user, "amr": ["pwd"], "client_id": "sb-app!t1"}
    assert (logout.action, logout.at) == ("log-out", store.clock.now())
    assert logout.details == {**user, "session_began_at": began.isoformat()}
    for event in store.events:
        assert (event.actor.kind, event.actor.id) == ("user", USER.user_id)
        assert (event.subject.kind, event.subject.id) == ("user", USER.user_id)
        assert event.zone_guid == ZONE.guid
