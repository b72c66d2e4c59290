"""The way into the console: zones, operators, and no redirect elsewhere (TH-01)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.console.outside.entrance import within
from tests.support.passwords import PASSWORD
from tests.support.rights import assign
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.console_world import ConsoleWorld


@pytest.mark.parametrize(
    "path", ["/console", "/console/zones/x/users?q=a%20b", "/console?x=1", "/console/instances/i"]
)
def test_paths_of_the_console(path: str) -> None:
    assert within(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/consoles",
        "//evil.example/console",
        "https://evil.example/console",
        "/console\\@evil.example",
        "/console/\r\nSet-Cookie:x=y",
        "/console/ä",
        '/console/"',
        "/console/" + "x" * 2001,
        "\t/console",
    ],
)
def test_no_other_destination(path: str) -> None:
    assert within(path) == "/console"


def test_the_login_leads_back(world: ConsoleWorld) -> None:
    visitor, url = world.logins.visitor(), f"/console/zones/{world.zone.guid}"
    choice = visitor.get(url)
    assert choice.forms[0].fields["to"] == url
    assert world.log_in(visitor, "admin", url).headers["Location"] == url
    assert visitor.get(url).status == 200


def test_a_foreign_destination_leads_to_the_start(world: ConsoleWorld) -> None:
    reply = world.log_in(world.logins.visitor(), "admin", "https://evil.example/console")
    assert reply.headers["Location"] == "/console"


def test_an_unknown_notice_is_not_shown(world: ConsoleWorld) -> None:
    """The parameter comes from the URL: it names a message, or nothing."""
    for path in ("/console", "/console/login"):
        for name in ("unknown", "\x00", "x" * 3000):
            reply = world.logins.visitor().get(path, done=name)
            assert (reply.status, 'role="status"' in reply.text) == (200, False)
    known = world.logins.visitor().get("/console/login", done="logged_out")
    assert 'role="status"' in known.text


def test_zones_by_every_name(world: ConsoleWorld) -> None:
    assert world.people
    for name in (world.zone.guid, world.zone.subdomain, str(world.zone.index)):
        assert world.logins.visitor().get("/console/login", zone=name).is_login_page
    for name in ("unknown", "_operator", world.operators.guid, "0", "\0", "x" * 300):
        reply = world.logins.visitor().get("/console/login", zone=name)
        assert (reply.status, reply.is_login_page) == (404, False)
    assert not world.logins.visitor().get("/console/login", zone="").is_login_page


def test_operators_have_no_pages_but_the_console(world: ConsoleWorld) -> None:
    """D-56: no name reaches their zone, except for a browser that is logged on there."""
    visitor = world.enter("operator")
    assert visitor.get("/console/zones").status == 200
    assert visitor.get("/account", zone=world.operators.guid).status == 200
    assert world.logins.visitor().get("/account", zone=world.operators.guid).status == 404
    assert world.enter("admin").get("/account", zone=world.operators.guid).status == 404


def test_an_operator_without_role_has_no_rights(world: ConsoleWorld) -> None:
    stored = stored_user(world.domain, world.operators, "former")
    assert stored.zone.index == 0
    visitor = world.enter("operator")
    assert visitor.get(f"/console/zones/{world.operators.guid}").status == 404
    assert visitor.get(f"/console/zones/{world.zone.guid}").status == 200


def test_a_custom_role_of_the_auditor_template_reads_only(world: ConsoleWorld) -> None:
    """Rights are those of a token: other collections than the built-in ones give nothing."""
    user = world.people["nobody"]
    assign(world.domain, user, "app readers")
    visitor = world.logins.visitor()
    page = visitor.get("/console/login", zone=world.zone.guid)
    assert visitor.log_in(page, user.name, PASSWORD).status == 303
    assert visitor.get(f"/console/zones/{world.zone.guid}/role-collections").status == 403
