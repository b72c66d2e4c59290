"""What was typed into a form survives the logon that the form demands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.authorization.collections.names import ADMINISTRATORS
from broker.console.outside.kept_form import MAX_CONTENT
from tests.support.console_world import ConsoleWorld
from tests.support.passwords import PASSWORD

if TYPE_CHECKING:
    from tests.support.domain import Domain
    from tests.support.visitors import Reply, Visitor

COOKIE = "__Host-xs-console-form"
NOTE = "Ticket 7 <b>"


@pytest.fixture
def world(on_sqlite: Domain) -> ConsoleWorld:
    """A console: cookies do not depend on the kind of database."""
    return ConsoleWorld(on_sqlite)


def url(world: ConsoleWorld, name: str = "nobody") -> str:
    return f"/console/zones/{world.zone.guid}/users/{world.people[name].user_id}/assign"


def sent(world: ConsoleWorld, visitor: Visitor, **fields: str) -> Reply:
    """Send the form when the logon is too old, and return the login page."""
    form = visitor.get(url(world)).form(url(world))
    world.domain.clock.advance(minutes=6)
    page = visitor.post(
        url(world), {**form.fields, "collection": ADMINISTRATORS, "note": NOTE, **fields}
    )
    assert page.is_login_page
    return page


def test_values_are_in_the_form_again(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    page = sent(world, visitor)
    [cookie] = [each for each in page.set_cookies if each.startswith(COOKIE)]
    assert cookie.endswith("; Max-Age=600; Secure; HttpOnly; Path=/; SameSite=Lax")
    assert ADMINISTRATORS not in cookie
    reply = visitor.log_in(page, "admin", PASSWORD)
    assert reply.headers["Location"] == url(world)
    shown = visitor.get(url(world))
    assert 'value="Ticket 7 &lt;b&gt;"' in shown.text
    assert f'value="{ADMINISTRATORS}"' in shown.text
    assert shown.form(url(world)).fields["csrf"] != ""
    assert NOTE not in visitor.get(url(world)).text  # shown once
    assert 'value="Ticket 7' not in visitor.get(url(world)).text


def test_they_are_of_this_page_and_session(world: ConsoleWorld) -> None:
    visitor, other = world.enter("admin"), world.enter("auditor")
    assert other.get("/console").status == 200
    page = sent(world, visitor)
    sealed = next(each for each in page.set_cookies if each.startswith(COOKIE))
    value = sealed.partition("=")[2].partition(";")[0]
    visitor.log_in(page, "admin", PASSWORD)
    assert "Ticket 7" not in visitor.get(url(world, "auditor")).text
    second = world.enter("admin")
    for changed in (value, f"{value[:-1]}!", "x" * 3000, "A" * 40):
        second.set_cookie(COOKIE, changed)
        assert "Ticket 7" not in second.get(url(world)).text
    world.domain.clock.advance(minutes=10)
    assert "Ticket 7" not in visitor.get(url(world)).text


def test_long_forms_are_not_kept(world: ConsoleWorld) -> None:
    """Browsers and servers bound the cookies of a host."""
    visitor = world.enter("admin")
    page = sent(world, visitor, note="x" * MAX_CONTENT)
    assert [each for each in page.set_cookies if each.startswith(COOKIE)] == []
    visitor.log_in(page, "admin", PASSWORD)
    assert "xxx" not in visitor.get(url(world)).text


def test_the_confirmation_is_typed_again(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    path = url(world).replace("/assign", "/deactivate")
    form = visitor.get(path).form(path)
    world.domain.clock.advance(minutes=6)
    page = visitor.post(path, {**form.fields, "confirm": "nobody"})
    visitor.log_in(page, "admin", PASSWORD)
    assert 'value="nobody"' not in visitor.get(path).text


def test_a_form_of_another_site_is_not_kept(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    world.domain.clock.advance(minutes=6)
    reply = visitor.post(url(world), {"collection": ADMINISTRATORS, "csrf": "wrong"})
    assert (reply.status, reply.set_cookies) == (403, ())
