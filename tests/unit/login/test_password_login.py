"""Passwords on the login page (I-16, I-19 to I-21, I-94, D-41)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from broker.store.tables.identity import known_source, shadow_user
from broker.store.tables.user_grants import user_session
from tests.support.passwords import PASSWORD

if TYPE_CHECKING:
    from tests.support.login_service import Logins
    from tests.support.visitors import Reply, Visitor

DEVICE = "__Host-xs-device-1"


def attempt(logins: Logins, visitor: Visitor, name: str, password: str) -> Reply:
    return visitor.log_in(logins.authorize(visitor), name, password)


def device_of(reply: Reply) -> str:
    [cookie] = [each for each in reply.set_cookies if each.startswith(f"{DEVICE}=")]
    assert "Max-Age=7776000; Secure; HttpOnly; Path=/; SameSite=Lax" in cookie
    return cookie.split(";")[0].partition("=")[2]


def devices(logins: Logins) -> int:
    of_device = known_source.c.kind == "device"
    with logins.domain.engine.connect() as connection:
        query = select(func.count()).select_from(known_source).where(of_device)
        return int(connection.execute(query).scalar_one())


@pytest.mark.parametrize("name", ["ben", "nobody", "", "x" * 5000, "\x00", "é\u202e"])
def test_every_wrong_attempt_looks_alike(logins: Logins, name: str) -> None:
    """I-16: known and unknown names; one hash each."""
    logins.user()
    page = attempt(logins, logins.visitor(), name, "wrong")
    assert (page.status, page.is_login_page) == (401, True)
    assert "User name or password is wrong." in page.text
    assert len(logins.hashing.verified) == 1
    assert page.set_cookies[0].startswith("__Host-xs-login=")
    assert len(page.set_cookies) == 1


def test_fields_are_read_once(logins: Logins) -> None:
    """I-60: a repeated field is wrong."""
    logins.user()
    visitor = logins.visitor()
    fields: dict[str, Any] = logins.authorize(visitor).form("/login.do").fields
    for more in (
        {"username": ["ben", "ben"], "password": PASSWORD},
        {"username": "ben", "password": [PASSWORD, PASSWORD]},
        {"username": "ben"},
        {},
    ):
        assert visitor.post("/login.do", {**fields, **more}).status == 401


def test_a_hostile_name_is_shown_as_text(logins: Logins) -> None:
    """TH-17."""
    page = attempt(logins, logins.visitor(), '"><script>alert(1)</script>', "wrong")
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_the_browser_becomes_a_known_device(logins: Logins) -> None:
    """I-19, D-41: the value is bound to the user, and is kept at later logons."""
    logins.user()
    logins.user("carla")
    visitor = logins.visitor()
    first = device_of(attempt(logins, visitor, "ben", PASSWORD))
    assert devices(logins) == 1
    logins.domain.clock.advance(hours=13)
    assert device_of(attempt(logins, visitor, "ben", PASSWORD)) == first
    assert devices(logins) == 1
    logins.domain.clock.advance(hours=13)
    assert device_of(attempt(logins, visitor, "carla", PASSWORD)) != first
    assert devices(logins) == 2


def test_failures_elsewhere_do_not_delay_a_known_device(logins: Logins) -> None:
    """TH-19: the victim's own browser."""
    logins.user()
    own, attacker = logins.visitor(), logins.visitor()
    assert attempt(logins, own, "ben", PASSWORD).status == 303
    with logins.domain.engine.begin() as connection:
        connection.execute(known_source.delete().where(known_source.c.kind == "network"))
    statuses = [attempt(logins, attacker, "ben", "wrong").status for _ in range(12)]
    assert statuses[-1] == 429
    logins.domain.clock.advance(hours=13)
    assert attempt(logins, own, "ben", PASSWORD).status == 303


def test_too_many_failures_keep_the_login(logins: Logins) -> None:
    """I-19: the page says when to try again."""
    logins.user()
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    while page.status != 429:
        page = visitor.log_in(page, "ben", "wrong")
    assert int(page.headers["Retry-After"]) > 0
    assert f"Try again in {page.headers['Retry-After']} seconds" in page.text
    assert page.is_login_page


def test_too_many_hashes_keep_the_login(logins: Logins) -> None:
    """D-41: 503 with Retry-After; the attempt does not count."""
    logins.user()
    visitor = logins.visitor()
    logins.hashing.is_late = True
    for _ in range(12):
        page = attempt(logins, visitor, "ben", PASSWORD)
        assert (page.status, page.headers["Retry-After"]) == (503, "1")
    logins.hashing.is_late = False
    assert visitor.log_in(page, "ben", PASSWORD).status == 303


@pytest.mark.parametrize("changes", [{"is_active": False}, {"token_epoch": 2}])
def test_a_user_that_ends_during_the_hash_gets_no_session(
    logins: Logins, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-09."""
    user, visitor = logins.user(), logins.visitor()
    page = logins.authorize(visitor)

    def verify(*_: Any, **__: Any) -> bool:
        with logins.domain.engine.begin() as connection:
            statement = update(shadow_user).where(shadow_user.c.id == user.row_id)
            connection.execute(statement.values(**changes))
        return True

    monkeypatch.setattr(type(logins.hashing), "verify", verify)
    reply = visitor.log_in(page, "ben", PASSWORD)
    with logins.domain.engine.connect() as connection:
        rows = connection.execute(select(user_session)).all()
    assert (reply.status, rows) == (401, [])


def test_the_logon_time_is_recorded(logins: Logins) -> None:
    user = logins.user()
    attempt(logins, logins.visitor(), "ben", PASSWORD)
    stored = logins.domain.transactions.read(lambda store: store.users.find(user.user_id))
    assert stored is not None
    assert stored.last_logon_at is not None
