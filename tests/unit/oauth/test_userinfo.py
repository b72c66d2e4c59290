"""``/userinfo`` for applications on servers and in browsers (O-115, O-117)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, Flask

from broker.errors import AccessDenied, TokenInvalid
from broker.oauth.errors import register_error_handlers
from broker.oauth.observer import Observers
from broker.oauth.protected_endpoints import UserOfToken
from broker.oauth.userinfo import add_userinfo
from tests.support.users import a_user

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

USER = a_user(email="anna@example.org")


class Callers:
    """Reads one token."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def user(self, scope: str) -> UserOfToken:
        assert scope == "openid"
        if self.error is not None:
            raise self.error
        return UserOfToken(USER, ("openid", "roles"))


def call(method: str = "GET", error: Exception | None = None, path: str = "/userinfo") -> Any:
    app, blueprint = Flask(__name__), Blueprint("oauth", __name__)
    register_error_handlers(blueprint, Observers(()))
    callers: Any = Callers(error)
    add_userinfo(blueprint, callers)
    blueprint.add_url_rule("/other", view_func=lambda: "other", endpoint="other")
    app.register_blueprint(blueprint)
    response: TestResponse = app.test_client().open(path, method=method)
    return response


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_claims_are_never_cached(method: str) -> None:
    response = call(method)
    assert response.get_json()["user_id"] == USER.user_id
    assert response.get_json()["roles"] == []
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status", "challenge"),
    [
        (TokenInvalid("expired"), 401, "invalid_token"),
        (AccessDenied("openid"), 403, "insufficient_scope"),
        (AccessDenied(), 403, None),
    ],
)
def test_scripts_of_other_origins_read_claims_and_errors(
    error: Exception, status: int, challenge: str | None
) -> None:
    response = call(error=error)
    assert response.status_code == status
    assert (challenge or "") in response.headers.get("WWW-Authenticate", "")
    for each in (response, call()):
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each.headers


def test_a_preflight_request_needs_no_token() -> None:
    """O-117."""
    response = call("OPTIONS", TokenInvalid("none"))
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert response.headers["Access-Control-Max-Age"] == "1728000"


def test_other_endpoints_are_not_shared() -> None:
    assert "Access-Control-Allow-Origin" not in call(path="/other").headers
