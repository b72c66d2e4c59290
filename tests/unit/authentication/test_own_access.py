"""A user's own sessions and consents (I-99), on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from broker.audit.event import Action
from broker.authentication.own_access import OwnAccess, give_consent
from broker.authentication.session import Sessions
from broker.store.tables.core import audit_event
from tests.support.user_grants import UserGrants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.authentication.session import Session
    from tests.support.domain import Domain


@pytest.fixture
def grants(domain: Domain) -> UserGrants:
    return UserGrants(domain)


def own(grants: UserGrants) -> OwnAccess:
    return OwnAccess(grants.domain.transactions, grants.domain.clock)


def begin(grants: UserGrants) -> tuple[str, Session]:
    sessions = Sessions(grants.domain.transactions, grants.domain.clock)
    user, run = grants.user, grants.domain.transactions.run
    return run(lambda store: sessions.begin(store, user, ("pwd",)))


def actors(grants: UserGrants, action: Action) -> list[str]:
    with grants.domain.engine.connect() as connection:
        statement = select(audit_event.c.actor_id).where(audit_event.c.action == action)
        return list(connection.scalars(statement))


def test_live_sessions_are_listed_the_latest_first(grants: UserGrants) -> None:
    _, ended = begin(grants)
    grants.domain.clock.advance(minutes=31)
    _, first = begin(grants)
    grants.domain.clock.advance(minutes=1)
    _, second = begin(grants)
    sessions, consents = own(grants).of(grants.user)
    assert (sessions, consents) == ((second, first), ())
    assert ended not in sessions


def test_a_user_ends_its_own_session(grants: UserGrants) -> None:
    (cookie, session), (_, other) = begin(grants), begin(grants)
    assert own(grants).end_session(grants.user, session.row_id)
    assert own(grants).of(grants.user)[0] == (other,)
    sessions = Sessions(grants.domain.transactions, grants.domain.clock)
    assert sessions.numbered(grants.user.zone.index, cookie) is None
    assert actors(grants, Action.END_SESSIONS) == [grants.user.user_id]
    assert not own(grants).end_session(grants.user, session.row_id)


def test_another_user_cannot_end_it(grants: UserGrants) -> None:
    _, session = begin(grants)
    other = stored_user(grants.domain, grants.user.zone, "bert")
    assert not own(grants).end_session(other, session.row_id)
    assert own(grants).of(grants.user)[0] == (session,)


def test_a_user_withdraws_its_consent(grants: UserGrants) -> None:
    user, client, run = grants.user, grants.client.client, grants.domain.transactions.run
    run(lambda store: give_consent(store, user, client, {"app.read"}))
    assert actors(grants, Action.GIVE_CONSENT) == [user.user_id]
    (consent,) = own(grants).of(user)[1]
    assert (consent.client_row_id, consent.scopes) == (client.row_id, ("app.read",))
    other = stored_user(grants.domain, user.zone, "bert")
    assert not own(grants).withdraw(other, client.row_id)
    assert own(grants).withdraw(user, client.row_id)
    assert own(grants).of(user)[1] == ()
    assert actors(grants, Action.WITHDRAW_CONSENT) == [user.user_id]
    assert not own(grants).withdraw(user, client.row_id)
