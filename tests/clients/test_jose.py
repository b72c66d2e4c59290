"""Authlib as OAuth client and joserfc as verifier, both without knowledge of XSUAA."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.clients.tampering import with_another_signature, with_claims, with_header

if TYPE_CHECKING:
    from tests.clients.service_instance import ServiceInstance
    from tests.support.application import Credentials
    from tests.support.server import Server


class Client:
    """An application that takes every address from discovery, over https."""

    def __init__(self, server: Server, credentials: Credentials, method: str) -> None:
        self._ca = str(server.ca_file)
        discovered = self._get(f"{server.tls_url}/.well-known/openid-configuration")
        assert method in discovered["token_endpoint_auth_methods_supported"]
        self.issuer = discovered["issuer"]
        self.credentials = credentials
        # The addresses in the document are plain http in a local server.
        self._endpoints = {
            name: url.replace(server.url, server.tls_url)
            for name, url in discovered.items()
            if name.endswith("_endpoint")
        }
        self.keys = KeySet.import_key_set(self._get(discovered["jwks_uri"]))
        self._session = OAuth2Session(
            credentials["clientid"],
            credentials["clientsecret"],
            token_endpoint_auth_method=method,
            introspection_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
        )
        self._session.trust_env = False
        self._session.verify = self._ca

    def _get(self, url: str) -> Any:
        return requests.get(url, verify=self._ca, timeout=30).json()

    def fetch(self, scope: str = "") -> dict[str, Any]:
        """Fetch a token."""
        token: dict[str, Any] = self._session.fetch_token(
            self._endpoints["token_endpoint"], grant_type="client_credentials", scope=scope
        )
        return token

    def claims(self, token: str) -> dict[str, Any]:
        """Verify a token as any resource server would; raise JoseError if it is invalid."""
        decoded = jwt.decode(token, self.keys, algorithms=["RS256"])
        jwt.JWTClaimsRegistry(
            leeway=0,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.credentials["clientid"]},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(decoded.claims)
        return decoded.claims

    def introspect(self, token: str) -> dict[str, Any]:
        """Introspect a token."""
        answer: dict[str, Any] = self._session.introspect_token(
            self._endpoints["introspection_endpoint"], token=token
        ).json()
        return answer

    def revoke(self, token: str) -> int:
        """Revoke a token; return the status."""
        status: int = self._session.revoke_token(
            self._endpoints["revocation_endpoint"], token=token
        ).status_code
        return status


@pytest.fixture(params=["client_secret_basic", "client_secret_post"])
def client(request: pytest.FixtureRequest, server: Server, application: ServiceInstance) -> Client:
    return Client(server, application.create_key().credentials, request.param)


def test_a_token_is_fetched_and_verified(client: Client) -> None:
    fetched = client.fetch()
    claims = client.claims(fetched["access_token"])
    assert claims["cid"] == client.credentials["clientid"]
    assert claims["exp"] == pytest.approx(time.time() + fetched["expires_in"], abs=30)
    narrow = client.fetch(scope="uaa.resource")
    assert client.claims(narrow["access_token"])["scope"] == ["uaa.resource"]


def test_tampered_and_foreign_tokens_are_refused(
    client: Client, another_application: ServiceInstance, server: Server
) -> None:
    token = client.fetch()["access_token"]
    foreign = Client(server, another_application.create_key().credentials, "client_secret_basic")
    refused = {
        "foreign": foreign.fetch()["access_token"],
        "another signature": with_another_signature(token),
        "other claims": with_claims(token, scope=["uaa.admin"]),
        "another key": with_header(token, kid="another-key"),
        "unsigned": with_header(token, alg="none"),
        "another algorithm": with_header(token, alg="HS256"),
    }
    for name, presented in refused.items():
        with pytest.raises((JoseError, ValueError)):
            print(name, client.claims(presented))
    assert client.introspect(refused["foreign"]) == {"active": False}


def test_wrong_and_revoked_credentials_get_no_token(
    server: Server, application: ServiceInstance
) -> None:
    key = application.create_key()
    wrong = {**key.credentials, "clientsecret": "wrong"}
    application.delete_key(key)
    for credentials in (wrong, key.credentials):
        for method in ("client_secret_basic", "client_secret_post"):
            with pytest.raises(OAuthError) as caught:
                Client(server, credentials, method).fetch()
            assert caught.value.error == "invalid_client"


def test_a_scope_that_is_not_held_is_refused(client: Client) -> None:
    with pytest.raises(OAuthError) as caught:
        client.fetch(scope="uaa.admin")
    assert caught.value.error == "invalid_scope"


def test_a_token_is_introspected_and_revoked(client: Client) -> None:
    """RFC 7662 and RFC 7009 with a generic library."""
    token = client.fetch()["access_token"]
    introspected = client.introspect(token)
    assert introspected["active"] is True
    assert introspected["client_id"] == client.credentials["clientid"]
    assert client.revoke(token) == 200
    assert client.introspect(token) == {"active": False}
