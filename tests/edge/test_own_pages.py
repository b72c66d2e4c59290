"""The user's own pages over HTTP, on both databases (I-22, I-23, I-96, I-99, I-100a)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support.login_browser import LoginBrowser, exchange, form_to, query_of
from tests.support.passwords import PASSWORD
from tests.support.platform import ORGANIZATION, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    import requests

    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

OTHER = "eleven purple lampshades waltz"
CALLBACK = "https://app.example.org/login/callback"


@pytest.fixture
def browser(server: Server) -> LoginBrowser:
    return LoginBrowser(server.url)


@pytest.fixture(autouse=True)
def credentials(platform: PlatformClient) -> Credentials:
    """The client of an application in the users' zone."""
    return credentials_of(platform)


def credentials_of(platform: PlatformClient, **settings: object) -> Credentials:
    instance = a_guid()
    settings = {**credential_types("binding-secret"), "redirect-uris": [CALLBACK], **settings}
    scopes = [{"name": "$XSAPPNAME.Display", "description": "Display <b>things</b>"}]
    templates = [{"name": "Viewer", "scope-references": ["$XSAPPNAME.Display"]}]
    descriptor = a_descriptor(
        scopes=scopes, role_templates=templates, oauth2_configuration=settings
    )
    platform.provision(instance, descriptor)
    bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return bound


def add_user(server: Server) -> str:
    name = f"anna-{a_guid()[:8]}"
    command = ("users", "add", name, "--email", f"{name}@example.org", "--zone", ORGANIZATION)
    server.command(*command, "--password-stdin", stdin=PASSWORD)
    return name


def link_of(server: Server) -> tuple[str, str]:
    """Return a new user and the path of its link."""
    name = add_user(server)
    command = ("users", "set-password", name, "--zone", ORGANIZATION, "--link", "--json")
    parts = urlsplit(json.loads(server.command(*command).stdout)["link"])
    return name, f"{parts.path}?{parts.query}"


def title_of(response: requests.Response) -> str:
    return response.text.partition("<h1>")[2].partition("</h1>")[0]


def logged_on(
    server: Server, credentials: Credentials, name: str, password: str = PASSWORD
) -> LoginBrowser:
    browser = LoginBrowser(server.url)
    assert browser.code(credentials, name, password)
    return browser


def refresh(credentials: Credentials, token: str) -> requests.Response:
    return exchange(credentials, "", grant_type="refresh_token", refresh_token=token)


def set_password(browser: LoginBrowser, page: requests.Response, text: str) -> requests.Response:
    form = form_to(page, "/set-password")
    return browser.submit(form, new_password=text, new_password_repeated=text)


def test_a_link_sets_the_password_once(
    server: Server, credentials: Credentials, browser: LoginBrowser
) -> None:
    """I-23: opening the link, for example by a scanner of messages, does not use it up."""
    name, path = link_of(server)
    for _ in range(2):
        page = browser.get(path)
        assert page.status_code == 200
        assert name in page.text
    assert browser.session.head(f"{server.url}{path}", timeout=60).status_code == 200
    different = browser.submit(
        form_to(page, "/set-password"), new_password=OTHER, new_password_repeated="x"
    )
    assert different.status_code == 400
    assert "The two new passwords are different." in different.text
    weak = set_password(browser, different, "short")
    assert weak.status_code == 400
    assert "too short: at least 15 characters" in weak.text
    done = set_password(browser, weak, OTHER)
    assert (done.status_code, title_of(done)) == (200, "Your password is set")
    again = set_password(browser, weak, PASSWORD)
    assert (again.status_code, title_of(again)) == (404, "This link is no longer valid")
    assert browser.get(path).status_code == 404
    logged_on(server, credentials, name, OTHER)


def test_pages_carry_their_headers(server: Server, browser: LoginBrowser) -> None:
    """I-91."""
    _, path = link_of(server)
    headers = browser.get(path).headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'"
        "; form-action 'self'; frame-ancestors 'none'"
    )


def test_an_invalid_link_is_a_page_or_json(server: Server, browser: LoginBrowser) -> None:
    """I-100a."""
    path = f"/set-password?link={'x' * 60}&ui_locales=de"
    page = browser.get(path)
    assert (page.status_code, title_of(page)) == (404, "Dieser Link ist nicht mehr gültig")
    assert page.headers["X-Correlation-ID"] in page.text
    other = browser.get(path, headers={"Accept": "application/json"})
    assert other.status_code == 404
    assert other.json()["error"] == "not_found"


def test_the_account_page_follows_a_login(
    server: Server, credentials: Credentials, browser: LoginBrowser
) -> None:
    name = add_user(server)
    zone = credentials["identityzoneid"]
    page = browser.get(f"/account?zone={zone}")
    assert (page.status_code, title_of(page)) == (200, "Log in")
    to_account = browser.log_on(page, name, PASSWORD)
    assert to_account.status_code == 303
    account = browser.get(to_account.headers["Location"])
    assert title_of(account) == "Sessions and applications"
    assert name in account.text
    assert account.text.count("This browser") == 1
    # The only session of this browser identifies the zone.
    assert title_of(browser.get("/account")) == "Sessions and applications"


def test_a_user_ends_the_session_of_another_browser(
    server: Server, credentials: Credentials
) -> None:
    name = add_user(server)
    browser, other = (logged_on(server, credentials, name) for _ in range(2))
    form = form_to(browser.get("/account"), "/account/sessions")
    # The token of another user's session is valid for sessions of that user only.
    stranger = logged_on(server, credentials, add_user(server))
    token = form_to(stranger.get("/change-password"), "/account/password").fields["csrf"]
    assert stranger.submit(form).status_code == 403
    assert stranger.submit(form, csrf=token).status_code == 303
    assert title_of(other.get("/account")) == "Sessions and applications"
    ended = browser.submit(form)
    assert ended.status_code == 303
    assert "The session has ended." in browser.get(ended.headers["Location"]).text
    zone = credentials["identityzoneid"]
    assert title_of(other.get(f"/account?zone={zone}")) == "Log in"


def test_a_user_changes_the_password(server: Server, credentials: Credentials) -> None:
    """I-22: other sessions and refresh tokens end, this session goes on with a new id."""
    name = add_user(server)
    browser, other = LoginBrowser(server.url), logged_on(server, credentials, name)
    tokens = exchange(credentials, browser.code(credentials, name, PASSWORD)).json()
    form = form_to(browser.get("/change-password"), "/account/password")
    new = {"new_password": OTHER, "new_password_repeated": OTHER}
    wrong = browser.submit(form, current_password="x" * 16, **new)
    assert wrong.status_code == 403
    assert "The current password is wrong." in wrong.text
    same = {"new_password": PASSWORD, "new_password_repeated": PASSWORD}
    assert browser.submit(form, current_password=PASSWORD, **same).status_code == 400
    cookies = browser.cookies
    changed = browser.submit(form, current_password=PASSWORD, **new)
    assert changed.status_code == 303, changed.text
    assert "Your password is changed." in browser.get(changed.headers["Location"]).text
    assert browser.cookies != cookies
    zone = credentials["identityzoneid"]
    assert title_of(other.get(f"/account?zone={zone}")) == "Log in"
    assert refresh(credentials, tokens["refresh_token"]).status_code == 401
    logged_on(server, credentials, name, OTHER)


def test_a_user_withdraws_consent(server: Server, platform: PlatformClient) -> None:
    """I-99: then the application has to ask again, and its refresh tokens end."""
    trusted = credentials_of(platform)
    credentials = credentials_of(platform, autoapprove=False)
    browser, name = LoginBrowser(server.url), add_user(server)
    asked = browser.log_on(browser.authorize(credentials), name, PASSWORD)
    assert title_of(asked) == "Allow access?"
    allowed = browser.submit(form_to(asked, "/login/consent"), decision="allow")
    tokens = exchange(credentials, query_of(allowed)["code"]).json()
    form = form_to(browser.get("/account"), "/account/applications")
    assert browser.authorize(credentials).status_code == 302
    other = logged_on(server, trusted, add_user(server))
    theirs = {"csrf": form_to(other.get("/change-password"), "/account/password").fields["csrf"]}
    application = form.fields["application"]
    assert other.submit(form, **theirs).status_code == 303
    withdrawn = browser.submit(form)
    assert "Your consent is withdrawn." in browser.get(withdrawn.headers["Location"]).text
    assert application not in browser.get("/account").text
    assert title_of(browser.authorize(credentials)) == "Allow access?"
    assert refresh(credentials, tokens["refresh_token"]).status_code == 401
