"""``/.well-known/openid-configuration``: only what this server supports (O-94)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from broker.descriptor.names import USER_SCOPES
from broker.oauth.token_keys import public
from broker.tokens.signing import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from broker.addresses import Addresses
    from broker.oauth.zones import RequestZone
    from broker.tokens.grant import Grant

_FOR_CLIENTS = {
    "token": "/oauth/token",
    "introspection": "/introspect",
    "revocation": "/oauth/revoke",
}
"""The endpoints at which clients authenticate."""

_WITH_SECRETS = ["client_secret_basic", "client_secret_post"]


def add_discovery(
    blueprint: Blueprint,
    addresses: Addresses,
    zone: RequestZone,
    grants: Iterable[Grant],
    *,
    with_certificates: bool,
) -> None:
    """Serve the discovery document of the shared host and of every zone's host."""
    grant_types = [grant.grant_type for grant in grants]

    @blueprint.get("/.well-known/openid-configuration")
    @blueprint.get("/oauth/token/.well-known/openid-configuration")
    def openid_configuration() -> Response:
        subdomain = zone.subdomain()
        origin = addresses.shared_url if subdomain is None else addresses.url(subdomain)
        document = _document(origin, addresses.keys_url, grant_types)
        if with_certificates:
            cert_origin = (
                addresses.shared_cert_url if subdomain is None else addresses.cert_origin(subdomain)
            )
            document |= _for_certificates(cert_origin)
        return public(document)


def _document(origin: str, keys_url: str, grant_types: list[str]) -> dict[str, Any]:
    return {
        "issuer": f"{origin}/oauth/token",
        "jwks_uri": keys_url,
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "userinfo_endpoint": f"{origin}/userinfo",
        "end_session_endpoint": f"{origin}/logout.do",
        **_endpoints_for_clients(origin),
        **_authentication_methods(_WITH_SECRETS),
        "grant_types_supported": grant_types,
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["en", "de"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["uaa.resource", *sorted(USER_SCOPES)],
        "claims_supported": [
            *("sub", "aud", "authorities", "az_attr", "azp", "cid", "client_id", "cnf", "exp"),
            *("ext_attr", "grant_type", "iat", "iss", "jti", "rev_sig", "scope", "zid"),
            *("user_id", "user_name", "origin", "email", "given_name", "family_name", "user_uuid"),
            *("auth_time", "xs.user.attributes", "xs.system.attributes"),
            # Of id tokens and /userinfo only.
            *("amr", "at_hash", "nonce", "email_verified", "phone_number", "previous_logon_time"),
            *("name", "roles", "user_attributes"),
        ],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        # RFC 9101 and OIDC Discovery section 3: the default is true.
        "request_uri_parameter_supported": False,
    }


def _for_certificates(cert_origin: str) -> dict[str, Any]:
    """Return the metadata that RFC 8705 sections 2.1.1, 3.3 and 5 add."""
    return {
        **_authentication_methods([*_WITH_SECRETS, "tls_client_auth"]),
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": _endpoints_for_clients(cert_origin),
    }


def _endpoints_for_clients(origin: str) -> dict[str, str]:
    return {f"{name}_endpoint": f"{origin}{path}" for name, path in _FOR_CLIENTS.items()}


def _authentication_methods(methods: list[str]) -> dict[str, list[str]]:
    """Return the members of RFC 8414 section 2."""
    return {f"{name}_endpoint_auth_methods_supported": methods for name in _FOR_CLIENTS}
