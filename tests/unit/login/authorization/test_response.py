"""Responses at the redirect URI (I-65, I-69)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from broker.identity.client_settings import ClientSettings
from broker.login.authorization.request import AuthorizationRefused
from broker.login.authorization.response import code_response, error_response, redirect_within
from broker.login.authorization.target import Target
from tests.support.rights import a_client
from tests.support.users import A_ZONE

APP = Flask(__name__)
ISSUER = "https://uaa.example.org/oauth/token"
SENT_ISSUER = "iss=https%3A%2F%2Fuaa.example.org%2Foauth%2Ftoken"
URI = "https://app.example.org/login/callback"


def target(uri: str = URI, state: str | None = "a b&c=ü") -> Target:
    return Target(a_client(A_ZONE, "app!t1"), ClientSettings(), uri, uri, state)


def location(response: Any) -> str:
    """Return the header as it is sent."""
    with APP.test_request_context():
        headers = response.get_wsgi_headers({"wsgi.url_scheme": "https", "HTTP_HOST": "x"})
    return str(headers["Location"])


@pytest.mark.parametrize(
    ("uri", "separator"),
    [
        (URI, "?"),
        (f"{URI}?authType=xsuaa", "&"),
        ("HTTPS://App.Example.org/%7euser/%C3%a9", "?"),
        ("http://[::1]:49152/cb", "?"),
    ],
)
def test_the_given_uri_is_extended_only(uri: str, separator: str) -> None:
    """I-69, I-70: the string as given."""
    with APP.test_request_context("/oauth/authorize"):
        response = code_response(target(uri), "c.d", ISSUER)
    expected = f"{uri}{separator}code=c.d&state=a%20b%26c%3D%C3%BC&{SENT_ISSUER}"
    assert location(response) == expected
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_errors_have_no_code() -> None:
    """I-65; the description is bounded."""
    with APP.test_request_context("/oauth/authorize"):
        refused = AuthorizationRefused("invalid_scope", "x" * 5000)
        response = error_response(target(state=None), refused, ISSUER)
    assert location(response) == (
        f"{URI}?error=invalid_scope&error_description={'x' * 300}&{SENT_ISSUER}"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/oauth/authorize", 302),
        ("POST", "/oauth/authorize", 302),
        ("GET", "/login/callback/corp", 302),
        ("POST", "/login.do", 303),
    ],
)
def test_a_form_is_not_repeated_at_the_application(method: str, path: str, status: int) -> None:
    """I-69, I-94."""
    with APP.test_request_context(path, method=method):
        assert code_response(target(), "c", ISSUER).status_code == status


def test_a_redirect_within_the_server() -> None:
    response = redirect_within("/account")
    assert (response.status_code, response.headers["Location"]) == (303, "/account")
