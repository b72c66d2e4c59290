"""The console of a running server, by keyboard alone, and each main action of administrators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.login_form import PASSWORD_FIELD, USER_NAME, log_in
from tests.support.browser import visiting
from tests.support.people import PASSWORD, people_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.application import Credentials
    from tests.support.people import People
    from tests.support.server import Server


@pytest.fixture(scope="module")
def administrators(server: Server, credentials: Credentials) -> People:
    """The application's zone with an administrator ``root`` and an auditor ``reader``."""
    people = people_of(server, credentials)
    for name, collection in (
        ("root", "Subaccount Administrator"),
        ("reader", "Subaccount Viewer"),
    ):
        server.command(
            *("users", "add", name, "--email", f"{name}@example.org", "--password-stdin"),
            *("--zone", people.zone),
            stdin=PASSWORD,
        )
        words = ("role-collections", "assign", collection, "--user", name, "--zone", people.zone)
        server.command(*words)
    return people


class Keyboard:
    """A person who uses no mouse."""

    def __init__(self, page: Page) -> None:
        self.page, self.activations = page, 0

    def go_to(self, text: str) -> None:
        """Press the tabulator until the control with this text has the focus."""
        focused = "document.activeElement.innerText || document.activeElement.name || ''"
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(focused).strip() == text:
                return
        raise AssertionError(text)

    def press(self, text: str) -> None:
        """Activate the link or button with this text."""
        self.go_to(text)
        self.activations += 1
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, field: str, text: str) -> None:
        """Fill the field with this name."""
        self.go_to(field)
        self.page.keyboard.type(text)


def entered(browser: Page, server: Server, zone: str, name: str) -> None:
    """Open the console as this user of the zone."""
    browser.goto(f"{server.url}/console/login?zone={zone}")
    log_in(browser, name)
    assert browser.url == f"{server.url}/console"


def test_a_role_collection_is_assigned_by_keyboard(
    browser: Browser, server: Server, administrators: People
) -> None:
    """From the start page in four activations: users, the user, assign, submit."""
    user = administrators.create()
    with visiting(browser) as visitor:
        page = visitor.open(f"{server.url}/console")
        keyboard = Keyboard(page)
        keyboard.type("zone", administrators.zone)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.locator(USER_NAME).focus()
        page.keyboard.type("root")
        page.locator(PASSWORD_FIELD).focus()
        page.keyboard.type(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url == f"{server.url}/console"
        keyboard.press("Users")
        keyboard.press(user)
        keyboard.press("Assign a role collection")
        keyboard.type("collection", "Subaccount Viewer")
        keyboard.press("Assign")
        assert page.get_by_role("status").inner_text() == "The role collection is assigned."
        assert keyboard.activations == 4
        assert visitor.complaints == []
    shown = administrators.run_json("users", "show", user)
    assert "Subaccount Viewer" in json.dumps(shown)


def test_an_auditor_reads_and_changes_nothing(
    browser: Browser, server: Server, administrators: People
) -> None:
    user = administrators.create()
    with visiting(browser) as visitor:
        page = visitor.open()
        entered(page, server, administrators.zone, "reader")
        page.get_by_role("link", name="Users").first.click()
        page.get_by_role("link", name=user).click()
        assert page.get_by_role("heading", level=1).inner_text() == user
        assert page.get_by_role("link", name="Deactivate").count() == 0
        assert page.get_by_role("link", name="Assign a role collection").count() == 0
        page.goto(f"{page.url}/deactivate")
        assert page.title().startswith("You are not allowed to do that")
        assert visitor.complaints == []


def test_a_user_is_deactivated_after_the_typed_name(
    browser: Browser, server: Server, administrators: People
) -> None:
    user = administrators.create()
    with visiting(browser) as visitor:
        page = visitor.open()
        entered(page, server, administrators.zone, "root")
        page.goto(f"{server.url}/console/zones/{administrators.zone}/users?q={user}")
        page.get_by_role("link", name=user).click()
        page.get_by_role("link", name="Deactivate").click()
        page.fill("#confirm", "another")
        page.get_by_role("button", name="Deactivate").click()
        alert = page.get_by_role("alert").inner_text()
        assert alert == "The name does not match. Nothing was changed."
        page.fill("#confirm", user)
        page.get_by_role("button", name="Deactivate").click()
        assert page.get_by_role("status").inner_text().startswith("The user is inactive")
        page.get_by_role("button", name="Log out").click()
        assert page.get_by_role("status").inner_text() == "You are logged out."
        page.go_back()
        page.reload()
        assert page.get_by_role("button", name="Log out").count() == 0
        assert visitor.complaints == []
