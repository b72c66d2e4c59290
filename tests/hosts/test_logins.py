"""A login begins on one host, continues on another, and ends on a third (D-59, I-84, TH-05)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.application import fetch_token, token_claims
from tests.support.hostile_provider import HostileProvider
from tests.support.login_browser import LoginBrowser, exchange, form_to, passcode_of, query_of
from tests.support.login_world import LOGOUT, LoginWorld
from tests.support.people import PASSWORD

if TYPE_CHECKING:
    from tests.support.hosts import Hosts
    from tests.support.platform import PlatformClient


@pytest.fixture
def world(hosts: Hosts, platform: PlatformClient) -> LoginWorld:
    return LoginWorld.create(hosts.servers[0], platform)


def browser_of(hosts: Hosts) -> LoginBrowser:
    """Return a browser that sends the host name of the proxy."""
    return LoginBrowser(hosts.servers[0].url, host=f"localhost:{hosts.port}")


def move(browser: LoginBrowser, hosts: Hosts, number: int) -> LoginBrowser:
    """Send the further requests of the browser to this host."""
    browser.url = hosts.servers[number].url
    return browser


def have_session(world: LoginWorld, browser: LoginBrowser, hosts: Hosts) -> set[bool]:
    """Return whether each host knows the browser's session."""
    return {world.has_session(move(browser, hosts, number)) for number in range(3)}


def test_begun_on_one_finished_on_another_ended_on_a_third(hosts: Hosts, world: LoginWorld) -> None:
    browser = browser_of(hosts)
    page = browser.authorize(world.credentials)
    move(browser, hosts, 1)
    wrong = browser.log_on(page, world.user_name, "a wrong password, once")
    assert wrong.status_code == 401
    move(browser, hosts, 2)
    code = query_of(browser.log_on(wrong, world.user_name, PASSWORD))["code"]
    on_first = {**world.credentials, "url": hosts.servers[0].url}
    assert exchange(on_first, code).status_code == 200
    assert have_session(world, browser, hosts) == {True}
    copied = browser_of(hosts)
    copied.session.cookies.update(browser.session.cookies)
    unused = query_of(move(browser, hosts, 1).authorize(world.credentials))["code"]
    move(browser, hosts, 2).get("/logout.do", params={"client_id": world.credentials["clientid"]})
    assert have_session(world, copied, hosts) == {False}
    assert exchange(on_first, unused).status_code == 400


def test_a_provider_s_login_begun_on_one_host_returns_to_another_and_ends_on_a_third(
    hosts: Hosts, world: LoginWorld
) -> None:
    """D-46: the attempt is in cookie and state; keys and endpoints are fetched by each host."""
    with HostileProvider() as provider:
        document = json.dumps(provider.configuration())
        words = ("providers", "add", "company", "--zone", world.zone, "--file", "-")
        hosts.servers[0].command(*words, stdin=document)
        browser = browser_of(hosts)
        started = browser.authorize(world.credentials, idp="company")
        url = started.headers["Location"]
        assert url.startswith(f"{provider.issuer}/authorize?"), started.text
        callback = urlsplit(dict(parse_qsl(urlsplit(url).query))["redirect_uri"])
        assert callback.netloc == urlsplit(hosts.url).netloc
        move(browser, hosts, 1)
        returned = browser.get(callback.path, params=provider.authorized(url))
        code = query_of(returned)["code"]
        on_third = {**world.credentials, "url": hosts.servers[2].url}
        token = exchange(on_third, code).json()["access_token"]
        assert token_claims(token)["origin"] == "company"
        assert have_session(world, browser, hosts) == {True}
        copied = browser_of(hosts)
        copied.session.cookies.update(browser.session.cookies)
        asked = {"client_id": world.credentials["clientid"], "redirect": LOGOUT}
        ended = move(browser, hosts, 2).get("/logout.do", params=asked)
        assert ended.headers["Location"].startswith(f"{provider.issuer}/logout?")
        assert have_session(world, copied, hosts) == {False}
        there = dict(parse_qsl(urlsplit(ended.headers["Location"]).query))
        back = urlsplit(there["post_logout_redirect_uri"])
        assert back.netloc == urlsplit(hosts.url).netloc
        move(browser, hosts, 0)
        left = browser.get(back.path, params={"state": there["state"]})
        assert left.headers["Location"] == LOGOUT


def test_a_logout_is_confirmed_on_another_host(hosts: Hosts, world: LoginWorld) -> None:
    browser = browser_of(hosts)
    browser.code(world.credentials, world.user_name, PASSWORD)
    confirmation = move(browser, hosts, 1).get("/logout.do")
    assert move(browser, hosts, 2).submit(form_to(confirmation, "/logout.do")).status_code == 200
    assert have_session(world, browser, hosts) == {False}


@pytest.mark.parametrize("command", ["end-sessions", "deactivate"])
def test_an_administrator_ends_sessions_on_all_hosts(
    hosts: Hosts, world: LoginWorld, command: str
) -> None:
    """I-09: at once."""
    browser = browser_of(hosts)
    browser.code(world.credentials, world.user_name, PASSWORD)
    assert have_session(world, browser, hosts) == {True}
    hosts.servers[1].command("users", command, world.user_name, "--zone", world.zone)
    assert have_session(world, browser, hosts) == {False}


def test_a_passcode_of_one_host_is_used_on_another(hosts: Hosts, world: LoginWorld) -> None:
    """I-105."""
    browser = browser_of(hosts)
    browser.code(world.credentials, world.user_name, PASSWORD)
    page = move(browser, hosts, 1).get(f"/passcode?zone={world.zone}")
    on_third = {**world.credentials, "url": hosts.servers[2].url}
    granted = fetch_token(on_third, grant_type="password", passcode=passcode_of(page))
    assert granted.status_code == 200, granted.text


def test_sessions_and_pending_logins_survive_restarts(hosts: Hosts, world: LoginWorld) -> None:
    """Each host is restarted in turn, as in an upgrade."""
    logged_on, pending = browser_of(hosts), browser_of(hosts)
    logged_on.code(world.credentials, world.user_name, PASSWORD)
    page = pending.authorize(world.credentials)
    for server in hosts.servers:
        hosts.restart(server)
    assert have_session(world, logged_on, hosts) == {True}
    assert "code" in query_of(pending.log_on(page, world.user_name, PASSWORD))
