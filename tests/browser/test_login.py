"""The login in a browser: by keyboard, across tabs, and against other sites."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from tests.browser.application import Application, a_site
from tests.browser.login_form import PASSWORD_FIELD, USER_NAME, is_login, log_in
from tests.clients.service_instance import ServiceInstance
from tests.support.browser import OVERFLOWS, frame_refusal, visiting
from tests.support.people import PASSWORD, displaying_users
from tests.support.platform import PlatformClient, credential_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server

EVIL = "evil.example.net"
FIRST, SECOND = "eleven purple lampshades waltz", "seven yellow kites over harbour"


@pytest.fixture(scope="module")
def name(people: People) -> str:
    """A user."""
    return people.create()


@pytest.fixture
def pages() -> dict[str, str]:
    """The pages of the other site by path."""
    return {}


@pytest.fixture
def evil(pages: dict[str, str]) -> Iterator[str]:
    """The origin of another site."""
    with a_site(pages, EVIL) as origin:
        yield origin


def user_of(page: Page, application: Application) -> str:
    """Return who is logged on, by another login of the application."""
    page.goto(application.authorize_url(prompt="none"))
    user: str = application.claims(page)["user_name"]
    return user


def test_a_login_by_keyboard(application: Application, name: str, visitor: Visitor) -> None:
    """I-97."""
    page = visitor.open(application.authorize_url())
    keyboard = page.keyboard
    assert page.locator(USER_NAME).evaluate("each => each === document.activeElement")
    keyboard.type(name)
    keyboard.press("Tab")
    keyboard.type("wrong")
    with page.expect_navigation():
        keyboard.press("Enter")
    # The user name is kept; the cursor is where the correction belongs.
    assert page.locator(PASSWORD_FIELD).evaluate("each => each === document.activeElement")
    keyboard.type(PASSWORD)
    keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("type") == "submit"
    with page.expect_navigation():
        keyboard.press("Space")
    assert application.claims(page)["user_name"] == name


def focus(page: Page, name: str) -> None:
    """Press Tab until the button with this name has the focus."""
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text() == name:
            return
    raise AssertionError(f"Tab does not reach {name!r} on {page.title()!r}")


def test_a_first_login_by_keyboard_at_200_percent(
    server: Server, people: People, site: str, browser: Browser
) -> None:
    """I-97, and I-90: each form leads to the application, the password to change and consent."""
    configuration = credential_types("binding-secret") | {"autoapprove": False}
    descriptor = displaying_users() | {"oauth2-configuration": configuration}
    platform = PlatformClient(server.url, server.user, server.password)
    instance = ServiceInstance(platform).create(descriptor)
    application = Application(instance.create_key().credentials, f"{site}/callback")
    name = people.create("Editor", app_id=application.credentials["xsappname"])
    given = ("users", "set-password", name, "--zone", people.zone, "--password-stdin")
    server.command(*given, "--must-change", stdin=FIRST)
    with visiting(browser, width=1280, zoom=2) as visitor:
        page = visitor.open(application.authorize_url())
        keyboard, steps = page.keyboard, []
        # A loaded page sets the focus with its first frame.
        page.locator("input:focus").wait_for()
        keyboard.type(name)
        keyboard.press("Tab")
        keyboard.type(FIRST)
        for _ in range(2):
            steps.append((page.title(), page.evaluate(OVERFLOWS)))
            with page.expect_navigation():
                keyboard.press("Enter")
            if page.locator("input[name=new_password]").count():
                page.locator("input:focus").wait_for()
                keyboard.type(SECOND)
                keyboard.press("Tab")
                keyboard.type(SECOND)
        steps.append((page.title(), page.evaluate(OVERFLOWS)))
        focus(page, "Allow")
        with page.expect_navigation():
            keyboard.press("Enter")
        assert f"{application.credentials['xsappname']}.Edit" in application.claims(page)["scope"]
        assert [scrolls for _, scrolls in steps] == [False] * 3
        assert len({title for title, _ in steps}) == 3
        # A refusal leads to the application as well.
        page.goto(application.authorize_url(prompt="consent"))
        focus(page, "Deny")
        with page.expect_navigation():
            keyboard.press("Space")
        assert page.url.startswith(f"{application.redirect_uri}?error=access_denied")
        assert visitor.complaints == []


def test_two_tabs_log_in_one_after_the_other(
    application: Application, name: str, visitor: Visitor
) -> None:
    """I-93: a login that is complete elsewhere leaves the form of this tab usable."""
    first, second = (visitor.open(application.authorize_url()) for _ in range(2))
    log_in(first, name)
    assert application.claims(first)["user_name"] == name
    log_in(second, name)
    assert application.claims(second)["user_name"] == name


def test_each_login_gives_a_new_session(
    application: Application, name: str, visitor: Visitor
) -> None:
    """TH-05: a session cookie from before the login is not promoted."""
    page = visitor.open(application.authorize_url())
    log_in(page, name)
    before = visitor.sessions()
    page.goto(application.authorize_url(prompt="login"))
    log_in(page, name)
    after = visitor.sessions()
    assert [each["name"] for each in before] == [each["name"] for each in after]
    assert before[0]["value"] != after[0]["value"]
    visitor.context.clear_cookies()
    visitor.put(before)
    page.goto(application.authorize_url())
    assert is_login(page)


def form_of(page: Page, origin: str, **values: str) -> str:
    """Return a page that submits the form of ``page`` with these values at once."""
    action = page.locator("form").first.get_attribute("action")
    hidden = {
        str(each.get_attribute("name")): str(each.get_attribute("value"))
        for each in page.locator("form input[type=hidden]").all()
    }
    fields = "".join(
        f'<input type="hidden" name="{field}" value="{html.escape(value)}">'
        for field, value in {**hidden, **values}.items()
    )
    return (
        f'<!doctype html><form method="post" action="{origin}{action}">{fields}</form>'
        "<script>document.forms[0].submit()</script>"
    )


def test_another_site_cannot_log_its_user_in(
    application: Application, people: People, browser: Browser, pages: dict[str, str], evil: str
) -> None:
    """TH-04: with a complete form from its own browser, whether or not a session exists."""
    origin, name, another = application.credentials["url"], people.create(), people.create()
    with visiting(browser) as attacker, visiting(browser) as victim:
        form = attacker.open(application.authorize_url())
        pages["/login"] = form_of(form, origin, username=another, password=PASSWORD)
        page = victim.open()
        with page.expect_response(f"{origin}/login.do") as refused:
            page.goto(f"{evil}/login")
        assert refused.value.status in {400, 403}
        assert victim.sessions() == []

        page.goto(application.authorize_url())
        log_in(page, name)
        with page.expect_response(f"{origin}/login.do") as refused:
            page.goto(f"{evil}/login")
        assert refused.value.status in {400, 403}
        assert user_of(page, application) == name


def test_another_site_cannot_log_the_user_out(
    application: Application, name: str, browser: Browser, pages: dict[str, str], evil: str
) -> None:
    """I-102: without a hint of the client, logout asks."""
    logout = f"{application.credentials['url']}/logout.do"
    pages["/post"] = (
        f'<form method="post" action="{logout}"></form><script>document.forms[0].submit()</script>'
    )
    pages["/get"] = f'<a href="{logout}">Win</a>'
    with visiting(browser) as victim:
        page = victim.open(application.authorize_url())
        log_in(page, name)
        with page.expect_response(logout):
            page.goto(f"{evil}/post")
        page.goto(f"{evil}/get")
        with page.expect_navigation():
            page.click("a")
        assert page.locator("form[method=post] button").count() == 1
        assert user_of(page, application) == name


def test_pages_cannot_be_framed(
    application: Application, browser: Browser, pages: dict[str, str], evil: str
) -> None:
    """TH-16: the frame stays blank."""
    for path in (application.authorize_url(), f"{application.credentials['url']}/login"):
        pages["/frame"] = f'<iframe src="{html.escape(path)}"></iframe>'
        with visiting(browser) as victim:
            page = victim.open()
            assert frame_refusal(page, f"{evil}/frame", path) == "net::ERR_BLOCKED_BY_RESPONSE"
            assert page.frames[1].locator("input").count() == 0
