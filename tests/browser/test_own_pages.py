"""A user's own pages in a browser: from the one-time link to the logout (I-22, I-23, I-102)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.browser.login_form import is_login, log_in
from tests.support.browser import accessibility_findings

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server

FIRST, SECOND = "eleven purple lampshades waltz", "seven yellow kites over harbour"


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"input[name={name}]", value)


def press(page: Page, name: str, role: str = "button") -> None:
    with page.expect_navigation():
        page.get_by_role("link" if role == "link" else "button", name=name).click()


def test_from_the_link_to_the_logout(server: Server, people: People, visitor: Visitor) -> None:
    name = people.create()
    command = ("users", "set-password", name, "--zone", people.zone, "--link", "--json")
    link = urlsplit(json.loads(server.command(*command).stdout)["link"])
    page = visitor.open(f"{server.url}{link.path}?{link.query}")
    fill(page, new_password=FIRST, new_password_repeated=FIRST)
    press(page, "Set password")
    press(page, "Log in", "link")
    assert is_login(page)
    log_in(page, name, FIRST)
    assert page.title().startswith("Sessions and applications")
    assert accessibility_findings(page) == ""
    [before] = visitor.sessions()
    press(page, "Change password", "link")
    fill(page, current_password=FIRST, new_password=SECOND, new_password_repeated=SECOND)
    press(page, "Change password")
    assert page.get_by_role("status").inner_text().startswith("Your password is changed.")
    [after] = visitor.sessions()
    assert after["value"] != before["value"]
    press(page, "Log out", "link")
    press(page, "Log out")
    assert page.title().startswith("You are logged out")
    assert visitor.sessions() == []
    page.goto(f"{server.url}/account?zone={people.zone}")
    assert is_login(page)
