"""Discovery names the endpoints of the requested host (O-94, RFC 8705)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Blueprint, Flask

from broker.oauth.discovery import add_discovery
from tests.support.domain import ADDRESSES

ADDRESSED = replace(
    ADDRESSES,
    public_url="https://{zone}.uaa.example.org",
    cert_url="https://{zone}.cert.example.org",
)
PATHS = ("/.well-known/openid-configuration", "/oauth/token/.well-known/openid-configuration")

METHODS = [
    f"{endpoint}_endpoint_auth_methods_supported"
    for endpoint in ("token", "introspection", "revocation")
]


@dataclass
class Zone:
    name: str | None

    def subdomain(self) -> str | None:
        return self.name


@dataclass
class NamedGrant:
    grant_type: str


def document(zone: str | None, path: str = PATHS[0], *, with_certificates: bool = False) -> Any:
    app, blueprint = Flask(__name__), Blueprint("oauth", __name__)
    request_zone: Any = Zone(zone)
    grants: Any = [NamedGrant("client_credentials"), NamedGrant("password")]
    add_discovery(blueprint, ADDRESSED, request_zone, grants, with_certificates=with_certificates)
    app.register_blueprint(blueprint)
    response = app.test_client().get(path)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return response.get_json()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("zone", "origin"),
    [(None, "https://uaa.example.org"), ("zone-7", "https://zone-7.uaa.example.org")],
)
def test_endpoints_are_those_of_the_host(zone: str | None, origin: str, path: str) -> None:
    found = document(zone, path)
    assert found["issuer"] == found["token_endpoint"] == f"{origin}/oauth/token"
    assert found["authorization_endpoint"] == f"{origin}/oauth/authorize"
    assert found["userinfo_endpoint"] == f"{origin}/userinfo"
    assert found["end_session_endpoint"] == f"{origin}/logout.do"
    assert found["introspection_endpoint"] == f"{origin}/introspect"
    assert found["revocation_endpoint"] == f"{origin}/oauth/revoke"
    assert found["jwks_uri"] == "https://uaa.example.org/token_keys"


def test_the_supported_grants_are_listed() -> None:
    assert document(None)["grant_types_supported"] == ["client_credentials", "password"]


@pytest.mark.parametrize(
    ("zone", "origin"),
    [(None, "https://cert.example.org"), ("zone-7", "https://zone-7.cert.example.org")],
)
def test_certificates_are_named_where_they_are_accepted(zone: str | None, origin: str) -> None:
    without = document(zone)
    secrets = ["client_secret_basic", "client_secret_post"]
    assert [without[name] for name in METHODS] == [secrets] * 3
    assert "mtls_endpoint_aliases" not in without
    found = document(zone, with_certificates=True)
    assert [found[name] for name in METHODS] == [[*secrets, "tls_client_auth"]] * 3
    assert found["tls_client_certificate_bound_access_tokens"] is True
    assert found["mtls_endpoint_aliases"] == {
        "token_endpoint": f"{origin}/oauth/token",
        "introspection_endpoint": f"{origin}/introspect",
        "revocation_endpoint": f"{origin}/oauth/revoke",
    }


def test_the_scopes_and_claims_of_users_are_listed() -> None:
    """O-94."""
    found = document(None)
    assert {"openid", "uaa.user", "uaa.resource"} <= set(found["scopes_supported"])
    assert {"user_id", "user_name", "amr", "nonce"} <= set(found["claims_supported"])


def test_the_features_of_the_authorize_endpoint() -> None:
    """I-65, I-66, I-69: codes by redirect with PKCE and ``iss``, no request objects."""
    found = document(None)
    assert found["response_types_supported"] == ["code"]
    assert found["response_modes_supported"] == ["query"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert set(found["prompt_values_supported"]) == {"none", "login", "consent", "select_account"}
    assert found["request_parameter_supported"] is False
    assert found["request_uri_parameter_supported"] is False
