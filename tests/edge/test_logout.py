"""Logins and logouts of browsers without scripts, on both databases (I-101 to I-105, D-59)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.application import fetch_token
from tests.support.login_browser import exchange, form_to, forms_of, passcode_of, query_of
from tests.support.login_world import LOGOUT, LoginWorld
from tests.support.people import PASSWORD

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server


@pytest.fixture
def world(server: Server, platform: PlatformClient) -> LoginWorld:
    return LoginWorld.create(server, platform)


def test_a_logout_ends_the_session_on_the_server(world: LoginWorld) -> None:
    """I-101, TH-05: a copy of the cookie is invalid afterwards."""
    browser = world.logged_on()
    assert world.has_session(browser)
    copied = world.browser()
    copied.session.cookies.update(browser.session.cookies)
    assert world.has_session(copied)
    client_id = world.credentials["clientid"]
    gone = browser.get("/logout.do", params={"redirect": LOGOUT, "client_id": client_id})
    assert (gone.status_code, gone.headers["Location"]) == (302, LOGOUT)
    name = next(name for name in copied.cookies if name.startswith("xs-session-"))
    assert name not in browser.cookies
    assert not world.has_session(copied)


def test_a_logout_by_hint_returns_the_state(world: LoginWorld) -> None:
    """I-101, I-103."""
    browser = world.browser()
    code = browser.code(world.credentials, world.user_name, PASSWORD, scope="openid")
    tokens = exchange(world.credentials, code).json()
    asked = {"post_logout_redirect_uri": LOGOUT, "state": "s 1"}
    hinted = browser.get("/logout.do", params={"id_token_hint": tokens["id_token"], **asked})
    assert hinted.headers["Location"] == f"{LOGOUT}?state=s%201"
    assert not world.has_session(browser)
    # An access token is no hint (I-107); without a client nothing is registered.
    refused = browser.get("/logout.do", params={"id_token_hint": tokens["access_token"], **asked})
    assert (refused.status_code, "Location" in refused.headers) == (200, False)


def test_a_logout_ends_unused_codes_and_keeps_the_application_s_tokens(world: LoginWorld) -> None:
    """D-59."""
    browser = world.browser()
    first = browser.code(world.credentials, world.user_name, PASSWORD)
    tokens = exchange(world.credentials, first).json()
    second = query_of(browser.authorize(world.credentials))["code"]
    browser.get("/logout.do", params={"client_id": world.credentials["clientid"]})
    assert exchange(world.credentials, second).json()["error"] == "invalid_grant"
    refreshed = fetch_token(
        world.credentials, grant_type="refresh_token", refresh_token=tokens["refresh_token"]
    )
    assert refreshed.status_code == 200, refreshed.text


def test_without_a_client_the_user_confirms(world: LoginWorld) -> None:
    """I-102."""
    browser = world.logged_on()
    page = browser.get("/logout.do")
    assert world.user_name in page.text
    assert world.has_session(browser)
    done = browser.submit(form_to(page, "/logout.do"))
    assert (done.status_code, forms_of(done)) == (200, [])
    assert not world.has_session(browser)


def test_a_passcode_logs_on_once(world: LoginWorld) -> None:
    """I-105."""
    browser = world.browser()
    login = browser.get(f"/passcode?zone={world.zone}")
    assert "passcode" not in login.text.lower()
    opened = browser.log_on(login, world.user_name, PASSWORD)
    assert opened.status_code == 303
    page = browser.get(opened.headers["Location"])
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    form = {"grant_type": "password", "passcode": passcode_of(page)}
    client = world.credentials["clientid"], world.credentials["clientsecret"]
    url = f"{world.credentials['url']}/oauth/token"
    granted = [requests.post(url, form, auth=client, timeout=30) for _ in range(2)]
    assert [each.status_code for each in granted] == [200, 401]


def test_info_describes_the_login_for_tools(world: LoginWorld) -> None:
    """I-95, O-113."""
    browser = world.browser()
    as_json = {"Accept": "application/json"}
    info = browser.get("/info", headers=as_json).json()
    assert set(info["prompts"]) == {"username", "password", "passcode"}
    assert info["links"]["login"] == world.server.url
    login = browser.get("/login", headers=as_json).json()
    assert {**login, "timestamp": ""} == {**info, "timestamp": ""}
    page = browser.get(f"/login?zone={world.zone}")
    assert form_to(page, "/login.do").fields["pending"]
