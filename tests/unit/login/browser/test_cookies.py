"""Names and attributes of cookies (I-81, I-82, I-87)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Response

from broker.login.browser.cookies import Cookies

SECURE, DEVELOPMENT = Cookies.at("https://{zone}.uaa.example.org"), Cookies.at("http://localhost:8")


def set_cookie(cookies: Cookies, *, is_framed: bool = False) -> str:
    response = Response()
    cookies.set(response, cookies.session(7), "value", is_framed=is_framed)
    return response.headers["Set-Cookie"]


def test_cookies_are_bound_to_the_host_and_end_with_the_browser() -> None:
    assert set_cookie(SECURE) == (
        "__Host-xs-session-7=value; Secure; HttpOnly; Path=/; SameSite=Lax"
    )
    # Browsers send cookies to all ports of a host, and some refuse Secure on http.
    assert set_cookie(DEVELOPMENT) == "xs-session-8-7=value; HttpOnly; Path=/; SameSite=Lax"


def test_framed_zones_have_cookies_for_each_site() -> None:
    """I-87."""
    assert set_cookie(SECURE, is_framed=True).endswith("; SameSite=None; Partitioned")
    assert set_cookie(DEVELOPMENT, is_framed=True).endswith("; SameSite=Lax")


def test_names_differ_by_purpose() -> None:
    names = {SECURE.login, SECURE.session(1), SECURE.session(2), SECURE.device(1)}
    assert len(names) == 4
    assert SECURE.login == "__Host-xs-login"
    assert Cookies.at("https://uaa.example.org:8443").login == "__Host-xs-login"
    assert Cookies.at("http://localhost").login == "xs-login-80"


@pytest.mark.parametrize(("cookies", "forms"), [(SECURE, [False, True]), (DEVELOPMENT, [False])])
def test_cookies_are_deleted_in_both_forms(cookies: Cookies, forms: list[bool]) -> None:
    """I-87: a browser keeps partitioned cookies beside unpartitioned ones."""
    response = Response()
    cookies.delete(response, cookies.login)
    headers = response.headers.getlist("Set-Cookie")
    assert ["SameSite=None; Partitioned" in each for each in headers] == forms
    for header in headers:
        assert header.startswith(f"{cookies.login}=; Expires=Thu, 01 Jan 1970")
        assert "Max-Age=0" in header


def test_a_lifetime_is_sent() -> None:
    response = Response()
    SECURE.set(response, SECURE.device(1), "value", timedelta(days=90))
    assert "Max-Age=7776000" in response.headers["Set-Cookie"]


def test_session_cookies_of_all_zones_are_found() -> None:
    cookies = {
        "__Host-xs-session-1": "a",
        "__Host-xs-session-20": "b",
        "__Host-xs-session-": "c",
        "__Host-xs-session-01": "d",
        "__Host-xs-session-1x": "e",
        "__Host-xs-session-9999999999": "f",
        "xs-session-443-1": "g",
        "__Host-xs-session-3": "x" * 257,
        "__Host-xs-login": "h",
    }
    assert list(SECURE.sessions_in(cookies)) == [(1, "a"), (20, "b")]


def test_a_bomb_of_cookies_is_bounded() -> None:
    cookies = {SECURE.session(index): "value" for index in range(1000)}
    assert len(list(SECURE.sessions_in(cookies))) == 16
