"""Revocation of tokens by their client: audited if applied (RFC 7009, O-103)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.actor import ActorKind
from broker.audit.event import Action, AuditEvent, SubjectKind
from broker.errors import TooManyChanges
from broker.runtime.rate_window import RateWindow
from broker.tokens.revocations.tokens import MAX_CHANGES, TokenRevocation
from tests.support.instances import START, ZONE, an_oauth_client
from tests.support.users import a_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.client import Client

CLIENT = an_oauth_client()
UNTIL = START + timedelta(hours=12)


@dataclass
class Store:
    """One transaction that stores up to this number of tokens."""

    room: int = 1
    revoked: list[Any] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)

    @property
    def issued_tokens(self) -> Store:
        return self

    @property
    def audit(self) -> Store:
        return self

    def run(self, work: Callable[[Any], Any]) -> Any:
        return work(self)

    def time(self) -> datetime:
        return START

    def revoke(self, client: Client, token_id: str, **times: Any) -> bool:
        if len(self.revoked) >= self.room:
            return False
        self.revoked.append((client, token_id, times))
        return True

    def revoke_all(self, client: Client) -> None:
        self.revoked.append(client)

    def append(self, event: AuditEvent) -> None:
        self.events.append(event)


def revocation(store: Store) -> TokenRevocation:
    return TokenRevocation(store, limit=3)  # type: ignore[arg-type]  # only what is used


def test_one_token_is_revoked_until_its_end_and_audited() -> None:
    store = Store()
    assert revocation(store).revoke(CLIENT, "t", UNTIL)
    assert store.revoked == [(CLIENT, "t", {"expires_at": UNTIL, "now": START, "limit": 3})]
    [event] = store.events
    assert (event.action, event.details, event.at) == (
        Action.REVOKE_TOKENS,
        {"token_id": "t"},
        START,
    )
    assert (event.actor.kind, event.actor.id) == (ActorKind.CLIENT, "sb-app!t7")
    assert (event.subject.kind, event.subject.id) == (SubjectKind.CLIENT, "sb-app!t7")
    assert (event.zone_guid, event.instance_id) == (ZONE.guid, "i")


def test_users_leave_room_for_the_client() -> None:
    """A user who revokes own tokens must not prevent revocations by the client."""
    store = Store(room=2)
    user = a_user(ZONE)
    assert revocation(store).revoke(CLIENT, "t", UNTIL, user)
    assert revocation(store).revoke(CLIENT, "u", UNTIL)
    assert [each[2]["limit"] for each in store.revoked] == [1, 3]
    assert [each.actor.kind for each in store.events] == [ActorKind.USER, ActorKind.CLIENT]


def test_a_token_beyond_the_limit_leaves_no_event() -> None:
    store = Store(room=0)
    assert not revocation(store).revoke(CLIENT, "t", UNTIL)
    assert store.events == []


def test_all_tokens_are_revoked_and_audited_as_one() -> None:
    store = Store()
    revocation(store).revoke_all(CLIENT)
    assert store.revoked == [CLIENT]
    assert [event.details for event in store.events] == [{"all_tokens": True}]


def test_revocations_beyond_the_limit_change_nothing_and_tell_when_to_retry() -> None:
    """D-63: refused, never left out of the audit."""
    store = Store(room=1000)
    revocations = TokenRevocation(
        store,  # type: ignore[arg-type]  # only what is used
        changes=RateWindow(MAX_CHANGES, clock=lambda: 1000.0),
    )
    for number in range(MAX_CHANGES):
        revocations.revoke(CLIENT, f"t{number}", UNTIL)
    for _ in range(3):
        with pytest.raises(TooManyChanges) as refused:
            revocations.revoke(CLIENT, "late", UNTIL)
        assert refused.value.retry_after == 60
    assert len(store.revoked) == len(store.events) == MAX_CHANGES
    # All tokens can be revoked, and other clients are not affected.
    revocations.revoke_all(CLIENT)
    assert revocations.revoke(an_oauth_client(row_id=12), "t", UNTIL)
    for _ in range(MAX_CHANGES - 1):
        revocations.revoke_all(CLIENT)
    with pytest.raises(TooManyChanges):
        revocations.revoke_all(CLIENT)
    assert len(store.events) == 2 * MAX_CHANGES + 1
