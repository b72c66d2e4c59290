"""Logins on a server, on both databases (I-80 to I-94, TH-04, TH-05)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from broker.store.tables.identity import shadow_user
from broker.store.tables.user_grants import authorization_code, user_session
from tests.support.application import claims_of
from tests.support.login_browser import (
    CALLBACK,
    LoginBrowser,
    exchange,
    form_to,
    forms_of,
    query_of,
)
from tests.support.passwords import PASSWORD
from tests.support.platform import PlatformClient, a_guid
from tests.support.server import Server
from tests.support.server_store import store_of
from tests.support.web_application import WebApplication

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

    from tests.support.server_store import ServerStore

NEW = "seven yellow kites over harbour"


@pytest.fixture(scope="module")
def store(server: Server) -> Iterator[ServerStore]:
    with store_of(server) as opened:
        yield opened


@pytest.fixture(scope="module")
def application(server: Server, store: ServerStore) -> WebApplication:
    platform = PlatformClient(server.url, server.user, server.password)
    return WebApplication.create(store, platform)


def session_cookie(browser: LoginBrowser) -> tuple[str, str]:
    [found] = [each for each in browser.cookies.items() if each[0].startswith("xs-session-")]
    return found


def test_a_user_logs_in_after_a_wrong_password(application: WebApplication) -> None:
    """A login as the application router needs it (I-94), with cookies on http (I-81, I-82)."""
    name, browser, credentials = (
        application.add_user(),
        application.browser(),
        (application.credentials),
    )
    page = browser.authorize(credentials, state="s", nonce="n")
    assert (page.status_code, len(forms_of(page))) == (200, 1)
    wrong = browser.log_on(page, name, "wrong")
    assert wrong.status_code == 401
    right = browser.log_on(wrong, name.upper(), PASSWORD)
    assert (right.status_code, query_of(right)["state"]) == (303, "s")
    answer = exchange(credentials, query_of(right)["code"])
    claims = claims_of(answer)
    assert (claims["user_name"], claims["origin"]) == (name, "sap.default")
    assert (claims["grant_type"], claims["cid"]) == (
        "authorization_code",
        credentials["clientid"],
    )
    assert answer.json()["refresh_token"]
    port = credentials["url"].rpartition(":")[2]
    assert {each.rpartition("-")[0] for each in browser.cookies} == {
        "xs-login",
        f"xs-session-{port}",
        f"xs-device-{port}",
    }


def test_the_session_logs_in_without_a_page(application: WebApplication) -> None:
    """I-69; D-59: and no longer after the user's sessions have ended."""
    name = application.add_user()
    browser = application.logged_in(name)
    response = browser.authorize(application.credentials)
    assert (response.status_code, response.headers["Cache-Control"]) == (302, "no-store")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    with application.store.engine.begin() as connection:
        of_user = shadow_user.c.user_id == application.users[name].user_id
        epoch = shadow_user.c.token_epoch + 1
        connection.execute(update(shadow_user).where(of_user).values(token_epoch=epoch))
    assert browser.authorize(application.credentials).status_code == 200


def test_tabs_do_not_disturb_each_other(application: WebApplication) -> None:
    """I-93."""
    name, browser = application.add_user(), application.browser()
    pages = [browser.authorize(application.credentials, state=each) for each in "abc"]
    for page, state in reversed(list(zip(pages, "abc", strict=True))):
        response = browser.log_on(page, name, PASSWORD)
        assert query_of(response)["state"] == state
        assert exchange(application.credentials, query_of(response)["code"]).status_code == 200


@pytest.mark.parametrize("users", [16, 1])
def test_parallel_logins_all_succeed(application: WebApplication, users: int) -> None:
    """TH-20: of several users and of one; each has a session and a code of its own."""
    names = [application.add_user() for _ in range(users)] * (16 // users)
    browsers = [application.browser() for _ in names]
    pages = [browser.authorize(application.credentials) for browser in browsers]
    before = application.count(user_session), application.count(authorization_code)
    together = Barrier(len(names))

    def log_on(browser: LoginBrowser, page: requests.Response, name: str) -> list[int]:
        together.wait()
        responses = [browser.log_on(page, name, PASSWORD)]
        # On a busy machine a hash may start too late; the user then tries again.
        while responses[-1].status_code == 503 and len(responses) < 20:
            responses.append(browser.log_on(page, name, PASSWORD))
        return [response.status_code for response in responses]

    with ThreadPoolExecutor(len(names)) as threads:
        statuses = list(threads.map(log_on, browsers, pages, names))
    assert [found[-1] for found in statuses] == [303] * len(names), statuses
    assert {status for found in statuses for status in found} <= {303, 503}
    after = application.count(user_session), application.count(authorization_code)
    assert [new - old for new, old in zip(after, before, strict=True)] == [len(names)] * 2
    assert len({session_cookie(browser)[1] for browser in browsers}) == len(names)
    for browser, name in zip(browsers, names, strict=True):
        silent = query_of(browser.authorize(application.credentials, prompt="none"))
        token = exchange(application.credentials, silent["code"])
        assert claims_of(token)["user_name"] == name


def test_another_site_cannot_log_the_user_in(application: WebApplication) -> None:
    """TH-04: a form with the attacker's account, sent by the victim's browser."""
    victim, attacker = application.add_user(), application.add_user()
    browser, other = application.logged_in(victim), application.browser()
    before = session_cookie(browser)
    form = form_to(other.authorize(application.credentials), "/login.do")
    fields = {**form.fields, "username": attacker, "password": PASSWORD}
    headers = {"Origin": "https://evil.example.org", "Sec-Fetch-Site": "cross-site"}
    for sent in ({}, headers):
        assert browser.post("/login.do", fields, headers=sent).status_code == 403
    own = form_to(browser.authorize(application.credentials, prompt="login"), "/login.do").fields
    stolen = {**own, "username": attacker, "password": PASSWORD}
    assert browser.post("/login.do", stolen, headers=headers).status_code == 403
    assert session_cookie(browser) == before


def test_no_cookie_survives_a_logon(application: WebApplication) -> None:
    """TH-05, I-83."""
    name = application.add_user()
    browser = application.logged_in(name)
    cookie, value = session_cookie(browser)
    page = browser.authorize(application.credentials, prompt="login")
    assert page.status_code == 200
    assert browser.log_on(page, name, PASSWORD).status_code == 303
    assert session_cookie(browser)[1] != value
    attacker = application.browser()
    for chosen in (value, "x" * 68, f"{'0' * 24}.{'a' * 43}", "x" * 5000):
        attacker.session.cookies.set(cookie, chosen)
        assert attacker.authorize(application.credentials).status_code == 200
        attacker.session.cookies.clear()


def test_a_demanded_change_of_the_password(application: WebApplication) -> None:
    """I-21."""
    name, browser = application.add_user(change_required=True), application.browser()
    page = browser.log_on(browser.authorize(application.credentials), name, PASSWORD)
    form = form_to(page, "/change-password")
    refused = browser.submit(form, new_password="short", new_password_repeated="short")
    assert refused.status_code == 400
    form = form_to(refused, "/change-password")
    response = browser.submit(form, new_password=NEW, new_password_repeated=NEW)
    assert response.status_code == 303, response.text
    assert exchange(application.credentials, query_of(response)["code"]).status_code == 200
    again = application.browser()
    assert again.code(application.credentials, name, NEW)


def test_consent_is_remembered(server: Server, store: ServerStore) -> None:
    """I-99."""
    platform = PlatformClient(server.url, server.user, server.password)
    application = WebApplication.create(store, platform, autoapprove="false")
    name, browser = application.add_user(), application.browser()
    page = browser.log_on(browser.authorize(application.credentials), name, PASSWORD)
    denied = browser.submit(form_to(page, "/login/consent"), decision="deny")
    assert query_of(denied)["error"] == "access_denied"
    page = browser.authorize(application.credentials)
    allowed = browser.submit(form_to(page, "/login/consent"), decision="allow")
    assert exchange(application.credentials, query_of(allowed)["code"]).status_code == 200
    assert browser.authorize(application.credentials).status_code == 302


def test_excluded_providers(server: Server, store: ServerStore) -> None:
    """I-48."""
    platform = PlatformClient(server.url, server.user, server.password)
    none = WebApplication.create(store, platform, allowedproviders=[])
    page = none.browser().authorize(none.credentials)
    assert page.status_code == 403
    assert "not authorized for any identity providers" in page.text
    usual = WebApplication.create(store, platform)
    browser = usual.logged_in(usual.add_user())
    assert browser.authorize(usual.credentials).status_code == 302
    page = browser.authorize(none.credentials)
    assert (page.status_code, "Location" in page.headers) == (401, False)
    assert form_to(page, "/login/switch").fields


def test_zones_of_a_host_have_separate_sessions(server: Server, store: ServerStore) -> None:
    """I-81: a session of one zone is none of the other."""
    platform = PlatformClient(server.url, server.user, server.password)
    other = WebApplication.create(store, platform, organization=a_guid())
    applications = [WebApplication.create(store, platform), other]
    names = [each.add_user() for each in applications]
    browser = applications[0].logged_in(names[0])
    page = browser.authorize(other.credentials)
    assert page.status_code == 200
    assert browser.log_on(page, names[0], PASSWORD).status_code == 401
    assert browser.log_on(page, names[1], PASSWORD).status_code == 303
    assert len([each for each in browser.cookies if each.startswith("xs-session-")]) == 2
    for each, name in zip(applications, names, strict=True):
        response = browser.authorize(each.credentials)
        answer = exchange(each.credentials, query_of(response)["code"])
        assert claims_of(answer)["user_name"] == name


def test_each_zone_has_its_host(tmp_path: Path) -> None:
    """I-62, D-09: cookies and forms of one host, and the issuer of the zone."""
    with (
        Server(tmp_path, workers=1, XSUAA_PUBLIC_URL="http://{zone}.uaa.localhost:8080") as running,
        store_of(running) as store,
    ):
        platform = PlatformClient(running.url, running.user, running.password)
        application = WebApplication.create(store, platform)
        credentials, name = application.credentials, application.add_user()
        host = credentials["url"].removeprefix("http://")
        own = LoginBrowser(running.url, host)
        page = own.authorize(credentials)
        assert own.log_on(page, name, PASSWORD).headers["Location"].startswith(f"{CALLBACK}?code=")
        response = own.authorize(credentials)
        assert query_of(response)["iss"] == f"{credentials['url']}/oauth/token"
        other = LoginBrowser(running.url, f"other.uaa.localhost:{8080}")
        refused = other.authorize(credentials)
        assert refused.status_code == 404
        assert "The subdomain does not map to a valid identity zone." in refused.text
        own.session.headers["Host"] = "other.uaa.localhost:8080"
        assert own.log_on(page, name, PASSWORD).status_code in {400, 403}
