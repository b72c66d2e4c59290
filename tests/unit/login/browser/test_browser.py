"""The browser of a request (I-80, I-81, I-86, I-92)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response

from broker.authentication.session import Sessions
from broker.credentials.browser_values import BrowserValues
from broker.identity.zone_settings import ChangeZoneSettings
from broker.login.browser.browser import Browser
from broker.login.browser.cookies import Cookies
from broker.login.browser.csrf import Csrf
from tests.support.domain import ADDRESSES, OPERATOR
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.authentication.session import Session
    from tests.support.domain import Domain

APP = Flask(__name__)
ORIGIN = "https://uaa.example.org"
ZONED = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")


def browser_of(domain: Domain, addresses: Addresses = ADDRESSES) -> Browser:
    return Browser(
        Cookies.at(addresses.public_url),
        Csrf(BrowserValues(domain.keys)),
        Sessions(domain.transactions, domain.clock),
        domain.transactions,
        addresses,
    )


def begun(domain: Domain, name: str) -> tuple[str, Session]:
    user = stored_user(domain, zone_of(domain, name))
    sessions = Sessions(domain.transactions, domain.clock)
    return domain.transactions.run(lambda store: sessions.begin(store, user, ("pwd",)))


def request_with(*, method: str = "GET", data: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return APP.test_request_context("/", method=method, data=data, headers=named)


def test_the_sessions_of_all_zones_of_a_host(on_sqlite: Domain) -> None:
    """I-81, I-86: a cookie of one zone is none of another."""
    browser = browser_of(on_sqlite)
    (first, one), (second, two) = (begun(on_sqlite, name) for name in ("a", "b"))
    names = [browser.cookies.session(each.user.zone.index) for each in (one, two)]
    with request_with(Cookie=f"{names[0]}={first}; {names[1]}={second}"):
        assert browser.session(one.user.zone) == one
        assert list(browser.all_sessions()) == [one, two]
        response = Response()
        browser.end(response, one)
        assert browser.session(one.user.zone) is None
        assert list(browser.all_sessions()) == [two]
        assert response.headers["Set-Cookie"].startswith(f"{names[0]}=; Expires=")
    with request_with(Cookie=f"{names[0]}={second}; {names[1]}={'x' * 300}"):
        assert list(browser.all_sessions()) == []
    with request_with():
        assert browser.session(two.user.zone) is None


def test_a_new_session_is_that_of_the_request(on_sqlite: Domain) -> None:
    browser, (value, session) = browser_of(on_sqlite), begun(on_sqlite, "a")
    with request_with():
        assert browser.session(session.user.zone) is None
        response = Response()
        browser.set_session(response, session, value)
        assert browser.session(session.user.zone) == session
        assert value in response.headers.getlist("Set-Cookie")[-1]


@pytest.mark.parametrize("is_framed", [False, True])
def test_a_session_has_one_cookie(on_sqlite: Domain, is_framed: bool) -> None:  # noqa: FBT001
    """I-87: partitioned and unpartitioned cookies have one name; the zone's setting changes."""
    browser, (value, session) = browser_of(on_sqlite), begun(on_sqlite, "a")
    origins = ("https://portal.example.net",) if is_framed else ()
    change = ChangeZoneSettings(on_sqlite.transactions, on_sqlite.clock)
    change(OPERATOR, session.user.zone.subdomain, {"iframe_domains": origins})
    name, response = browser.cookies.session(session.user.zone.index), Response()
    with request_with():
        browser.set_session(response, session, value)
    # The deletion is first: old browsers ignore Partitioned.
    deleted, added = response.headers.getlist("Set-Cookie")
    assert deleted.startswith(f"{name}=; Expires=Thu, 01 Jan 1970")
    assert added.startswith(f"{name}={value};")
    assert ["Partitioned" in each for each in (deleted, added)] == [not is_framed, is_framed]
    response = Response()
    with request_with():
        browser.delete_session(response, session.user.zone)
    both = response.headers.getlist("Set-Cookie")
    assert sorted("Partitioned" in each for each in both) == [False, True]
    assert all("Max-Age=0" in each for each in both)


def test_tabs_share_the_cookie_before_the_login(on_sqlite: Domain) -> None:
    """I-92, I-93."""
    browser, response = browser_of(on_sqlite), Response()
    with request_with():
        assert browser.binding() == ""
        value = browser.page_binding()
        assert browser.page_binding() == value
        browser.set_binding(response, is_framed=False)
    assert response.headers["Set-Cookie"].startswith(f"__Host-xs-login={value};")
    with request_with(Cookie=f"__Host-xs-login={value}"):
        assert browser.binding() == browser.page_binding() == value
    for invalid in ("x", value + "x", f"{value[:-1]}!"):
        with request_with(Cookie=f"__Host-xs-login={invalid}"):
            assert browser.binding() == ""
            assert browser.page_binding() != invalid


def test_forms_belong_to_the_browser_or_to_the_session(on_sqlite: Domain) -> None:
    """I-92, TH-04."""
    browser, (_, session) = browser_of(on_sqlite), begun(on_sqlite, "a")
    with request_with():
        binding = browser.page_binding()
        before, within = browser.csrf_token("f"), browser.csrf_token("f", session)
    cookie = f"__Host-xs-login={binding}"
    for token, owner, cookies, form, expected in (
        (before, None, cookie, "f", True),
        (before, None, "", "f", False),
        (before, None, cookie, "g", False),
        (before, session, cookie, "f", False),
        (within, session, "", "f", True),
        (within, None, cookie, "f", False),
        (within, replace(session, row_id=1), cookie, "f", False),
    ):
        sent = {"Cookie": cookies, "Origin": ORIGIN}
        with request_with(method="POST", data={"csrf": token}, **sent):
            assert browser.has_valid_csrf(form, owner) is expected
    with request_with(method="POST", data={"csrf": [before, before]}, Cookie=cookie):
        assert not browser.has_valid_csrf("f")
    with request_with(method="POST", data={"csrf": before}, Cookie=cookie, Origin="https://evil"):
        assert not browser.has_valid_csrf("f")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("zone-1.uaa.example.org", "https://zone-1.uaa.example.org"),
        ("uaa.example.org", "https://uaa.example.org"),
        ("evil.example.org", "https://uaa.example.org"),
    ],
)
def test_the_origin_comes_from_the_settings(on_sqlite: Domain, host: str, origin: str) -> None:
    """TH-23, D-09."""
    with request_with(Host=host):
        assert browser_of(on_sqlite, ZONED).origin() == origin
