"""Introspection over HTTP: claims of active tokens only (RFC 7662, ``/check_token``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Blueprint, Flask

from broker.errors import TokenInvalid
from broker.identity.client import Client
from broker.oauth.errors import register_error_handlers
from broker.oauth.introspection import IntrospectionEndpoint, add_introspection
from tests.support.instances import an_oauth_client

CLAIMS = {"scope": ["app!t7.read", "uaa.resource"], "jti": "t", "exp": 1}


@dataclass
class Token:
    is_concerned: bool
    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))

    def concerns(self, client: Client) -> bool:
        return self.is_concerned


@dataclass
class Service:
    """The token ``good``, and ``foreign`` without the caller in its audience."""

    rejections: list[str] = field(default_factory=list)

    def resource_server(self, form: Any) -> Client:
        return an_oauth_client()

    def of(self, token: str) -> Token:
        if token == "bad":
            raise TokenInvalid("expired", "Token has expired")
        return Token(token == "good")

    def rejected(self, code: str) -> None:
        self.rejections.append(code)


@pytest.fixture
def client() -> Any:
    """A client of both endpoints."""
    service: Any = Service()
    app, blueprint = Flask(__name__), Blueprint("oauth", __name__)
    register_error_handlers(blueprint, service)
    add_introspection(blueprint, IntrospectionEndpoint(service, service))
    app.register_blueprint(blueprint)
    return app.test_client()


def test_an_active_token_is_returned_with_its_scopes_as_text(client: Any) -> None:
    response = client.post("/introspect", data={"token": "good"}).get_json()
    assert response == {
        "active": True,
        "scope": "app!t7.read uaa.resource",
        "token_type": "bearer",
        "jti": "t",
        "exp": 1,
    }


@pytest.mark.parametrize("token", ["bad", "foreign"])
def test_any_other_token_is_reported_as_inactive_only(client: Any, token: str) -> None:
    """RFC 7662 section 2.2: an ended token is indistinguishable from another client's."""
    response = client.post("/introspect/", data={"token": token})
    assert (response.status_code, response.get_json()) == (200, {"active": False})
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/introspect", "/check_token"])
def test_the_token_is_mandatory(client: Any, path: str) -> None:
    response = client.post(path)
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


def test_check_token_returns_the_claims_unchanged(client: Any) -> None:
    assert client.post("/check_token", data={"token": "good"}).get_json() == CLAIMS


@pytest.mark.parametrize("token", ["bad", "foreign"])
def test_check_token_refuses_any_other(client: Any, token: str) -> None:
    response = client.post("/check_token", data={"token": token})
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_token")


@pytest.mark.parametrize(
    ("scopes", "status", "missing"),
    [
        ("", 200, []),
        ("uaa.resource", 200, []),
        ("uaa.resource,app!t7.read,", 200, []),
        ("uaa.resource,other,more", 400, ["other", "more"]),
    ],
)
def test_check_token_may_demand_scopes(
    client: Any, scopes: str, status: int, missing: list[str]
) -> None:
    response = client.post("/check_token", data={"token": "good", "scopes": scopes})
    assert response.status_code == status
    if missing:
        assert response.get_json()["error"] == "invalid_scope"
        assert all(scope in response.get_json()["error_description"] for scope in missing)


def test_check_token_names_few_missing_scopes(client: Any) -> None:
    """RFC 6749 section 5.2 allows only some characters; the parameter may have 500 KB."""
    scopes = ",".join(f'"\n{number}' + "x" * 1000 for number in range(100))
    response = client.post("/check_token", data={"token": "good", "scopes": scopes})
    text = response.get_json()["error_description"]
    assert text.isprintable()
    assert len(text) < 2000
