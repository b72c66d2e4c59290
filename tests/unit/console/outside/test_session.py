"""The console's cookie, idle time and fresh logon (I-86, TH-05, TH-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from broker.store.tables.assignments import role_assignment
from tests.support.console_world import ConsoleWorld
from tests.support.passwords import PASSWORD

if TYPE_CHECKING:
    from tests.support.visitors import Reply, Visitor

CONSOLE, SESSION = "__Host-xs-console", "__Host-xs-session-1"


def is_in(visitor: Visitor) -> bool:
    """Return whether the start page of the console appears, instead of a login."""
    return "/console/logout" in [form.action for form in visitor.get("/console").forms]


def cookie(reply: Reply, name: str) -> str:
    return next(each for each in reply.set_cookies if each.startswith(f"{name}="))


def test_the_cookie_is_of_this_host_alone(world: ConsoleWorld) -> None:
    visitor = world.logins.visitor()
    reply = visitor.get("/console/login", zone=world.zone.guid)
    assert cookie(reply, CONSOLE).endswith("; Secure; HttpOnly; Path=/; SameSite=Lax")


def test_a_session_alone_is_not_enough(world: ConsoleWorld) -> None:
    """A logon at an application begins a session, but the console demands its own logon."""
    admin, visitor = world.people["admin"], world.logins.visitor()
    page = world.logins.authorize(visitor)
    assert "code" in visitor.log_in(page, admin.name, PASSWORD).query
    assert not is_in(visitor)
    assert visitor.get("/account").status == 200
    world.domain.clock.advance(seconds=1)
    world.log_in(visitor, "admin", "/console")
    assert is_in(visitor)


def test_it_ends_before_the_session(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    world.domain.clock.advance(minutes=14)
    assert is_in(visitor)
    world.domain.clock.advance(minutes=14)
    assert is_in(visitor)
    world.domain.clock.advance(minutes=15)
    page = visitor.get(f"/console/zones/{world.zone.guid}/role-collections", q="x")
    assert page.is_login_page  # of the same zone
    assert not visitor.get("/account").is_login_page
    reply = visitor.log_in(page, "admin", PASSWORD)
    assert reply.headers["Location"] == f"/console/zones/{world.zone.guid}/role-collections?q=x"
    assert is_in(visitor)


@pytest.mark.parametrize("seconds", [60, 1800])
def test_the_idle_time_is_a_setting(world: ConsoleWorld, seconds: int) -> None:
    world.logins.settings["console_idle_time"] = seconds
    visitor = world.enter("admin")
    world.domain.clock.advance(seconds=seconds - 1)
    assert is_in(visitor)
    world.domain.clock.advance(seconds=seconds)
    assert not is_in(visitor)


def test_another_user_of_the_browser_logs_on_again(world: ConsoleWorld) -> None:
    """The cookie belongs to one session: the next user's logon at an application does not enter."""
    visitor = world.enter("admin")
    assert is_in(visitor)
    world.domain.clock.advance(seconds=1)
    page = world.logins.authorize(visitor, prompt="login")
    assert "code" in visitor.log_in(page, world.people["auditor"].name, PASSWORD).query
    assert not is_in(visitor)


def test_a_changed_cookie_is_no_logon(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    for value in ("", "x", "A" * 600, "A" * 100):
        visitor.set_cookie(CONSOLE, value)
        assert not is_in(visitor)


def test_a_withdrawn_role_ends_the_next_click(world: ConsoleWorld) -> None:
    """TH-24: rights are read for each request."""
    url, visitor = f"/console/zones/{world.zone.guid}/role-collections", world.enter("admin")
    assert visitor.get(url).status == 200
    with world.domain.engine.begin() as connection:
        connection.execute(
            delete(role_assignment).where(
                role_assignment.c.user_row_id == world.people["admin"].row_id
            )
        )
    assert visitor.get(url).status == 403


def test_the_logout_ends_both(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    assert visitor.post("/console/logout", {"csrf": "wrong"}).status == 403
    assert (
        visitor.post("/console/logout", {"csrf": token}, {"Origin": "https://evil.example"}).status
        == 403
    )
    assert is_in(visitor)
    reply = visitor.post("/console/logout", {"csrf": token})
    assert (reply.status, reply.location) == (303, "/console/login")
    assert "You are logged out." in visitor.get("/console/login", **reply.query).text
    assert not is_in(visitor)
    assert visitor.get("/account", zone=world.zone.guid).is_login_page
    assert visitor.post("/console/logout", {}).headers["Location"] == "/console/login"
