"""What a person does on the pages of a login, by the names that password managers know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.people import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

USER_NAME = "input[name=username]"
PASSWORD_FIELD = "input[name=password]"
SUBMIT = "form:has(input[name=password]) button[type=submit]"
ALERT = "[role=alert]"


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Submit the login form."""
    page.fill(USER_NAME, name)
    page.fill(PASSWORD_FIELD, password)
    with page.expect_navigation():
        page.click(SUBMIT)


def is_login(page: Page) -> bool:
    """Return whether the page asks for a password."""
    return page.locator(PASSWORD_FIELD).count() == 1


def await_login(page: Page) -> None:
    """Wait until the page asks for a password: the application router navigates by a script."""
    page.locator(PASSWORD_FIELD).wait_for()
