"""The page of a login: its headers, frames and languages (I-87, I-90, I-94, I-98)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.identity.zone_settings import ZoneSettings
from tests.support.domain import ADDRESSES
from tests.support.passwords import PASSWORD
from tests.support.user_grants import REDIRECT
from tests.support.users import NOW

if TYPE_CHECKING:
    from tests.support.login_service import Logins

PORTAL = "https://portal.example.org"


def allow_frames(logins: Logins) -> None:
    zone, settings = logins.grants.user.zone, ZoneSettings(iframe_domains=(PORTAL,), updated_at=NOW)
    logins.domain.transactions.run(lambda store: store.zone_settings.write(zone, settings))


def test_pages_cannot_be_framed(logins: Logins) -> None:
    """TH-16."""
    page = logins.authorize(logins.visitor())
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_an_administrator_allows_frames(logins: Logins) -> None:
    """I-87: cookies of this zone are then sent to framed pages, too."""
    logins.user()
    allow_frames(logins)
    visitor = logins.visitor()
    page = logins.authorize(visitor)
    assert f"frame-ancestors {PORTAL}" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    reply = visitor.log_in(page, "ben", PASSWORD)
    received = [*page.set_cookies, *reply.set_cookies]
    cookies = [each for each in received if "Max-Age=0" not in each]
    assert len(cookies) == 3
    for cookie in cookies:
        assert "Secure" in cookie
        assert "SameSite=None" in cookie
        assert "Partitioned" in cookie


@pytest.mark.parametrize(
    ("uri", "targets"),
    [
        (REDIRECT, "form-action 'self' https:;"),
        (
            "http://localhost:5000/cb",
            "form-action 'self' https: http://localhost:* http://*.localhost:* http://127.0.0.1:*",
        ),
    ],
)
def test_the_form_may_lead_to_the_application(logins: Logins, uri: str, targets: str) -> None:
    """I-90: browsers apply form-action to the redirects after it."""
    logins.change(redirect_uris=[uri])
    page = logins.authorize(logins.visitor(), redirect_uri=uri)
    assert targets in page.headers["Content-Security-Policy"]


def test_a_development_server_has_plain_cookies(logins: Logins) -> None:
    """I-81."""
    logins = replace(logins, addresses=replace(ADDRESSES, public_url="http://localhost:8080"))
    page = logins.authorize(logins.visitor("localhost:8080"))
    assert page.set_cookies[0].startswith("xs-login-8080=")
    assert "http://*.localhost:*" in page.headers["Content-Security-Policy"]


def test_the_page_names_zone_and_application(logins: Logins) -> None:
    page = logins.authorize(logins.visitor())
    assert logins.grants.user.zone.subdomain in page.text
    assert "for app" in page.text


def test_the_language_of_the_request(logins: Logins) -> None:
    """I-98: it stays after a wrong password."""
    visitor = logins.visitor()
    page = logins.authorize(visitor, ui_locales="de")
    assert '<html lang="de"' in page.text
    assert '<html lang="de"' in visitor.log_in(page, "ben", "wrong").text
