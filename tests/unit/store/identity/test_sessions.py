"""Sessions on both databases (I-80, D-52), and what ends with them (D-59)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from broker.authentication.session import Sessions
from broker.credentials.opaque import Opaque
from broker.errors import GrantRefused, IntegrityViolated
from broker.store.tables.user_grants import refresh_family, user_session
from tests.support.user_grants import UserGrants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.authentication.session import Session
    from tests.support.domain import Domain

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def grants(domain: Domain) -> UserGrants:
    return UserGrants(domain)


def begun(grants: UserGrants) -> tuple[str, Session]:
    user = grants.user
    return grants.domain.transactions.run(
        lambda store: sessions(grants).begin(store, user, ("pwd", "otp"))
    )


def sessions(grants: UserGrants) -> Sessions:
    return Sessions(grants.domain.transactions, grants.domain.clock)


def test_a_session_is_found_as_it_was_stored(grants: UserGrants) -> None:
    cookie, session = begun(grants)
    zone = grants.user.zone
    assert sessions(grants).numbered(zone.index, cookie) == session
    grants.domain.clock.advance(minutes=2)
    later = sessions(grants).numbered(zone.index, cookie)
    assert later is not None
    assert later.last_seen_at == grants.domain.clock.now() != session.last_seen_at
    with grants.domain.engine.connect() as connection:
        row = connection.execute(select(user_session)).one()
    assert row.last_seen_at == later.last_seen_at
    assert cookie.partition(".")[2] not in str(row)


def test_a_renewed_session_has_another_cookie_and_logon(grants: UserGrants) -> None:
    """I-83, I-50: what depends on the session goes on."""
    cookie, session = begun(grants)
    grants.domain.clock.advance(minutes=3)
    of, run = sessions(grants), grants.domain.transactions.run
    logon = {"provider_session": "sid-1", "id_token": "header.claims.signature"}
    other, renewed = run(
        lambda store: of.begin(store, grants.user, ("ext",), previous=session, **logon)
    )
    assert renewed.row_id == session.row_id
    assert of.numbered(grants.user.zone.index, cookie) is None
    assert of.numbered(grants.user.zone.index, other) == renewed
    assert run(lambda store: store.sessions.id_token(renewed)) == "header.claims.signature"
    with grants.domain.engine.connect() as connection:
        row = connection.execute(select(user_session)).one()
    assert row.provider_session == "sid-1"
    assert b"claims" not in row.sealed_id_token


def test_an_id_token_of_another_session_is_refused(grants: UserGrants) -> None:
    """D-52."""
    read, run, of = (
        grants.domain.transactions.read,
        grants.domain.transactions.run,
        sessions(grants),
    )
    user, sealed = grants.user, []
    for token in ("a.b.c", "d.e.f"):
        _, session = run(lambda store: of.begin(store, user, (), id_token=token))  # noqa: B023
        sealed.append(session)
    first, second = sealed
    with grants.domain.engine.begin() as connection:
        moved = select(user_session.c.sealed_id_token).where(user_session.c.id == first.row_id)
        of_second = update(user_session).where(user_session.c.id == second.row_id)
        connection.execute(of_second.values(sealed_id_token=moved.scalar_subquery()))
    assert read(lambda store: store.sessions.id_token(first)) == "a.b.c"
    with pytest.raises(IntegrityViolated):
        read(lambda store: store.sessions.id_token(second))


def test_other_cookies_are_unknown(grants: UserGrants) -> None:
    lookup = begun(grants)[0].partition(".")[0]
    zone = grants.user.zone
    assert sessions(grants).numbered(zone.index, f"{lookup}.{Opaque.new().secret}") is None
    assert sessions(grants).numbered(zone.index, str(Opaque.new())) is None


def test_a_session_moved_to_another_user_is_unknown(grants: UserGrants) -> None:
    """D-52."""
    cookie, _ = begun(grants)
    other = stored_user(grants.domain, grants.user.zone, "other")
    with grants.domain.engine.begin() as connection:
        connection.execute(update(user_session).values(user_row_id=other.row_id))
    assert sessions(grants).numbered(grants.user.zone.index, cookie) is None


def test_the_epoch_of_the_user_ends_its_sessions(grants: UserGrants) -> None:
    """D-59, I-09."""
    cookie, _ = begun(grants)
    grants.end_all()
    assert sessions(grants).numbered(grants.user.zone.index, cookie) is None


def test_logout_ends_codes_and_exchanged_refresh_tokens(grants: UserGrants) -> None:
    """D-59: the refresh tokens that codes gave to applications remain."""
    cookie, session = begun(grants)
    other_session = begun(grants)[1]
    logon = grants.logon(session_row_id=session.row_id)
    other_logon = grants.logon(session_row_id=other_session.row_id)
    codes = [grants.code(session_row_id=each.row_id) for each in (session, other_session)]
    own = grants.started(logon=logon, grant_type="authorization_code")
    other = grants.started(logon=other_logon, grant_type="authorization_code")
    ended = [
        grants.started(grant_type=JWT_BEARER, source=own.family_row_id).family_row_id,
        grants.started(grant_type=JWT_BEARER, source=session.row_id).family_row_id,
    ]
    chained = grants.started(grant_type=JWT_BEARER, source=ended[0]).family_row_id
    kept = {
        own.family_row_id,
        other.family_row_id,
        grants.started(grant_type=JWT_BEARER, source=other.family_row_id).family_row_id,
        grants.started(grant_type=JWT_BEARER, source=other_session.row_id).family_row_id,
    }
    sessions(grants).end(session)
    assert sessions(grants).numbered(grants.user.zone.index, cookie) is None
    with grants.domain.engine.connect() as connection:
        found = set(connection.execute(select(refresh_family.c.id)).scalars())
    assert found == kept
    assert found.isdisjoint({*ended, chained})
    with pytest.raises(GrantRefused):
        grants.exchange(codes[0])
    assert grants.exchange(codes[1]).refresh_token


def test_a_code_made_during_the_logout_is_unknown(grants: UserGrants) -> None:
    """D-59: the request that makes it has found the session before."""
    _, session = begun(grants)
    used = grants.code(session_row_id=session.row_id)
    grants.exchange(used)
    sessions(grants).end(session)
    late = grants.code(session_row_id=session.row_id)
    with pytest.raises(GrantRefused, match="Invalid authorization code"):
        grants.exchange(late)
    assert grants.exchange(grants.code()).access_token


def test_an_ended_session_gives_no_refresh_token(grants: UserGrants) -> None:
    """D-44: the source of an exchange."""
    _, session = begun(grants)
    sessions(grants).end(session)
    client, settings, logon = grants.client, grants.of(grants.client.client), grants.logon()
    started = grants.domain.transactions.run(
        lambda store: grants.refresh_tokens.start(
            store, client, logon, settings, ("openid",), JWT_BEARER, session.row_id
        )
    )
    assert started is None
