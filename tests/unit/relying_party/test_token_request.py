"""The token request to a provider (I-37, I-38)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from broker.errors import LogonInvalid, ProviderUnavailable
from broker.identity.providers.configuration import parse_configuration
from broker.relying_party.discovery import Endpoints
from broker.relying_party.network.connection import Budget
from broker.relying_party.network.http import Response
from broker.relying_party.token_request import ProviderTokens, request_tokens, uses_challenge

FORM = {"code": "c", "redirect_uri": "https://uaa.example.org/login/callback/corp"}
ENDPOINTS = Endpoints("i", "a", "https://login.example.org/token", "k")


def configuration(**more: Any) -> Any:
    return parse_configuration(
        {"issuer": "https://login.example.org", "relyingPartyId": "a b:c", **more}
    )


class FakeHttp:
    """A token endpoint."""

    def __init__(self, body: Any, status: int = 200) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.response = Response(status, content)
        self.form: dict[str, str] = {}
        self.headers: dict[str, str] = {}

    def post(self, url: str, budget: Budget, form: Any, headers: Any) -> Response:
        """Return the response."""
        assert url == ENDPOINTS.token
        self.form, self.headers = form, headers
        return self.response


def tokens(http: FakeHttp, secret: str | None = "s+ %é", **more: Any) -> ProviderTokens:
    part: Any = http
    return request_tokens(part, ENDPOINTS, configuration(**more), secret, dict(FORM), Budget(5))


def test_the_secret_is_sent_form_encoded_in_the_header() -> None:
    http = FakeHttp({"id_token": "i", "access_token": "a"})
    found = tokens(http)
    assert (found.id_token, found.access_token) == ("i", "a")
    assert http.form == {"grant_type": "authorization_code", **FORM}
    pair = base64.b64decode(http.headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == "a+b%3Ac:s%2B+%25%C3%A9"
    assert "s+ %" not in repr(found)


def test_the_secret_is_sent_in_the_body_if_configured() -> None:
    http = FakeHttp({"id_token": "i"})
    assert tokens(http, clientAuthInBody=True).access_token is None
    assert (http.form["client_id"], http.form["client_secret"]) == ("a b:c", "s+ %é")
    assert http.headers == {}


def test_without_secret_the_client_id_is_sent() -> None:
    http = FakeHttp({"id_token": "i"})
    tokens(http, None)
    assert http.form["client_id"] == "a b:c"
    assert "client_secret" not in http.form


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"error": "invalid_grant"}, 400, "invalid_grant"),
        ({"error": "<b>\n"}, 400, "status 400"),
        ({"error": 7}, 401, "status 401"),
        (b"nonsense", 401, "status 401"),
        ({}, 200, "no id token"),
        ({"id_token": ""}, 200, "no id token"),
        ({"id_token": 7}, 200, "no id token"),
        ({"id_token": "x" * 40_000}, 200, "no id token"),
    ],
)
def test_a_refusal_names_a_code_only(body: Any, status: int, text: str) -> None:
    with pytest.raises(LogonInvalid) as invalid:
        tokens(FakeHttp(body, status))
    assert text in invalid.value.reason
    assert "<b>" not in invalid.value.reason


@pytest.mark.parametrize(("body", "status"), [({}, 500), ({}, 302), (b"[]", 200), (b"", 200)])
def test_another_response_is_a_failure(body: Any, status: int) -> None:
    with pytest.raises(ProviderUnavailable):
        tokens(FakeHttp(body, status))


@pytest.mark.parametrize("token", [7, "a b", "a\r\nX: y", "é", "x" * 17_000, ""])
def test_an_access_token_that_fits_no_header_is_not_used(token: Any) -> None:
    assert tokens(FakeHttp({"id_token": "i", "access_token": token})).access_token is None


@pytest.mark.parametrize(
    ("methods", "pkce", "has_secret", "expected"),
    [
        (None, True, True, True),
        (("S256",), True, True, True),
        (("plain",), True, True, False),
        ((), True, True, False),
        (("S256",), False, True, False),
        (("S256",), False, False, True),
        (None, False, False, True),
    ],
)
def test_when_pkce_is_used(
    methods: tuple[str, ...] | None, *, pkce: bool, has_secret: bool, expected: bool
) -> None:
    endpoints = Endpoints("i", "a", "t", "k", challenge_methods=methods)
    assert uses_challenge(configuration(pkce=pkce), endpoints, has_secret=has_secret) == expected


def test_without_secret_and_pkce_there_is_no_logon() -> None:
    endpoints = Endpoints("i", "a", "t", "k", challenge_methods=("plain",))
    with pytest.raises(ProviderUnavailable):
        uses_challenge(configuration(), endpoints, has_secret=False)
