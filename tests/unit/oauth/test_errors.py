"""Each error of the token service: status, code, challenge, and hidden details."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from broker import errors
from broker.errors import (
    AccessDenied,
    AuthenticationFailed,
    BrokerError,
    Busy,
    GrantRefused,
    IntegrityViolated,
    StoreUnavailable,
    TokenInvalid,
    TooManyChanges,
    TooManyFailures,
    ZoneNotFound,
)
from broker.oauth.errors import http_error, response_to, server_error


@dataclass
class Observer:
    rejections: list[str] = field(default_factory=list)

    def rejected(self, code: str) -> None:
        self.rejections.append(code)


def answered(error: BrokerError) -> tuple[int, dict[str, Any], dict[str, str]]:
    observer: Any = Observer()
    response = response_to(error, observer)
    expected = [error.code] if isinstance(error, GrantRefused) else []
    assert observer.rejections == expected
    return response.status, json.loads(response.body), dict(response.headers)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (AuthenticationFailed("wrong secret"), 401, "invalid_client"),
        (GrantRefused("invalid_client", "text"), 401, "invalid_client"),
        (GrantRefused("invalid_scope", "text"), 400, "invalid_scope"),
        (GrantRefused("unauthorized", "text", is_unauthorized=True), 401, "unauthorized"),
        (errors.NotFound("text"), 404, "invalid_token"),
        (TooManyFailures(7), 429, "too_many_requests"),
        (TooManyChanges(7), 429, "too_many_requests"),
        (TokenInvalid("expired"), 401, "invalid_token"),
        (AccessDenied(), 403, "access_denied"),
        (AccessDenied("uaa.resource"), 403, "access_denied"),
        (ZoneNotFound(), 404, "not_found"),
        (Busy("text"), 503, "temporarily_unavailable"),
        (StoreUnavailable("text"), 503, "temporarily_unavailable"),
        (IntegrityViolated("row 7 does not authenticate"), 503, "temporarily_unavailable"),
    ],
)
def test_each_error_has_a_status_and_a_code(error: BrokerError, status: int, code: str) -> None:
    found, body, headers = answered(error)
    assert (found, body["error"]) == (status, code)
    assert set(body) == {"error", "error_description"}
    assert headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in headers) == (status == 401 or bool(getattr(error, "scope", "")))
    assert headers.get("Retry-After") == {429: "7", 503: "1"}.get(status)


@pytest.mark.parametrize(
    ("error", "secret"),
    [
        (AuthenticationFailed("unknown client or no such credential"), "unknown client"),
        (TokenInvalid("its credential does not exist any more"), "credential"),
        (StoreUnavailable("connection to db.internal refused"), "db.internal"),
        (IntegrityViolated("row 7 does not authenticate"), "row 7"),
    ],
)
def test_the_reason_is_for_the_log_only(error: BrokerError, secret: str) -> None:
    _, body, headers = answered(error)
    assert secret not in json.dumps([body, headers])


def test_unknown_client_and_wrong_secret_have_the_same_response() -> None:
    """D-17."""
    assert answered(AuthenticationFailed("a")) == answered(
        AuthenticationFailed("b", credential_id=5)
    )


def test_a_missing_scope_is_named_in_the_challenge() -> None:
    """RFC 6750 section 3.1."""
    _, _, headers = answered(AccessDenied("uaa.resource"))
    assert 'error="insufficient_scope"' in headers["WWW-Authenticate"]
    assert 'scope="uaa.resource"' in headers["WWW-Authenticate"]
    assert headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound(), "not_found"),
        (MethodNotAllowed(["POST", "GET"]), "method_not_allowed"),
        (RequestEntityTooLarge(), "invalid_request"),
        (BadRequest(), "invalid_request"),
        (InternalServerError(), "server_error"),
        (HTTPException(), "server_error"),
    ],
)
def test_errors_of_the_framework_are_json(error: HTTPException, code: str) -> None:
    response = http_error(error)
    assert response.status_code == (error.code or 500)
    assert response.get_json()["error"] == code
    assert response.headers.get("Allow") == ("GET, POST" if error.code == 405 else None)


def test_an_unexpected_failure_reveals_nothing() -> None:
    assert json.loads(server_error().body) == {
        "error": "server_error",
        "error_description": "Internal Server Error",
    }
