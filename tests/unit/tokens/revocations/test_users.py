"""Revocation of a user's tokens: only in the requesting client's zone, audited (O-103)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.event import Action, AuditEvent, SubjectKind
from broker.errors import NotFound, TooManyChanges
from broker.tokens.revocations.marks import mark_expiry, revocation_mark
from broker.tokens.revocations.tokens import MAX_CHANGES
from broker.tokens.revocations.users import UserRevocation
from tests.support.instances import START, ZONE, an_oauth_client
from tests.support.users import a_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.user import User
    from broker.identity.zone import Zone

BY = an_oauth_client()
USER = a_user(ZONE, user_id="0a1b2c3d-0000-4000-8000-000000000001")
FOREIGNER = a_user(user_id="0a1b2c3d-0000-4000-8000-000000000002")
KNOWN = "sb-other!t7"


@dataclass
class Ended:
    """Records what was ended."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def end_of(self, user_row_id: int, client_row_id: int) -> None:
        self.calls.append((user_row_id, client_row_id))


@dataclass
class Store:
    """Two users, of which one is of another zone, and one client."""

    room: bool = True
    is_rolled_back: bool = False
    ended_before: list[tuple[Any, ...]] = field(default_factory=list)
    """What was ended before the time of the mark."""
    ended_users: list[User] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)
    refresh_tokens: Ended = field(default_factory=Ended)
    authorization_codes: Ended = field(default_factory=Ended)

    @property
    def users(self) -> Store:
        return self

    @property
    def issued_tokens(self) -> Store:
        return self

    @property
    def audit(self) -> Store:
        return self

    def run(self, work: Callable[[Any], Any]) -> Any:
        return work(self)

    def time(self) -> Any:
        self.ended_before = [*self.refresh_tokens.calls, *self.authorization_codes.calls]
        return START

    def find(self, user_id: str) -> User | None:
        return next((each for each in (USER, FOREIGNER) if each.user_id == user_id), None)

    def end_all(self, user: User, now: Any) -> None:
        self.ended_users.append(user)

    def client_row_id(self, zone: Zone, client_id: str) -> int | None:
        return 12 if (zone, client_id) == (ZONE, KNOWN) else None

    def rehearse(self) -> None:
        self.is_rolled_back = True

    def revoke_marked(self, client_row_id: int, mark: str, **times: Any) -> bool:
        self.marks.append((client_row_id, mark, times))
        return self.room

    def append(self, event: AuditEvent) -> None:
        self.events.append(event)


def revocation(store: Store) -> UserRevocation:
    return UserRevocation(store, backdate=5, limit=3)  # type: ignore[arg-type]  # only what is used


def test_all_logons_of_a_user_end() -> None:
    store = Store()
    revocation(store).revoke_all(BY, USER.user_id)
    assert store.ended_users == [USER]
    [event] = store.events
    assert (event.action, event.zone_guid) == (Action.END_SESSIONS, ZONE.guid)
    assert (event.subject.kind, event.subject.id) == (SubjectKind.USER, USER.user_id)
    assert event.actor.id == BY.client_id


def test_tokens_codes_and_refresh_tokens_end_at_one_client() -> None:
    """The audited id is the mark: a restore repeats its revocation as that of a token."""
    store = Store()
    assert revocation(store).revoke_at(BY, USER.user_id, KNOWN)
    mark = revocation_mark(KNOWN, USER.user_id)
    times = {"expires_at": mark_expiry(START, 5), "now": START, "limit": 3}
    assert store.marks == [(12, mark, times)]
    assert store.refresh_tokens.calls == [(USER.row_id, 12)]
    assert store.authorization_codes.calls == [(USER.row_id, 12)]
    assert len(store.ended_before) == 2, "requests that used them meanwhile are covered"
    [event] = store.events
    assert (event.action, event.subject.id) == (Action.REVOKE_TOKENS, KNOWN)
    assert event.details == {"token_id": mark, "user_id": USER.user_id}
    assert (store.ended_users, store.is_rolled_back) == ([], False)


def test_nothing_is_done_beyond_the_limit() -> None:
    store = Store(room=False)
    assert not revocation(store).revoke_at(BY, USER.user_id, KNOWN)
    assert (store.events, store.is_rolled_back) == ([], True)


@pytest.mark.parametrize(
    ("user_id", "client_id"),
    [
        (FOREIGNER.user_id, KNOWN),
        ("0a1b2c3d-0000-4000-8000-0000000000ff", KNOWN),
        ("x", KNOWN),
        ("\x00" * 36, KNOWN),
        (USER.user_id, "sb-unknown!t7"),
        (USER.user_id, "\x00"),
    ],
)
def test_users_and_clients_of_other_zones_do_not_exist(user_id: str, client_id: str) -> None:
    """I-11."""
    store = Store()
    with pytest.raises(NotFound, match="Resource not found"):
        revocation(store).revoke_at(BY, user_id, client_id)
    if user_id != USER.user_id:
        with pytest.raises(NotFound):
            revocation(store).revoke_all(BY, user_id)
    assert (store.events, store.marks, store.ended_users) == ([], [], [])


def test_the_rate_is_limited() -> None:
    """D-63."""
    limited = revocation(Store())
    for _ in range(MAX_CHANGES):
        limited.revoke_all(BY, USER.user_id)
    with pytest.raises(TooManyChanges):
        limited.revoke_all(BY, USER.user_id)
