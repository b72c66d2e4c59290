"""``POST /oauth/token``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, g, request

from broker.descriptor.names import is_client_id
from broker.errors import AuthenticationFailed, GrantRefused
from broker.oauth.client_auth import PresentedSecret, presented_secrets
from broker.oauth.errors import oauth_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from broker.credentials.authenticate import AuthenticatedClient, SecretAuthenticator
    from broker.oauth.observer import TokenObserver
    from broker.tokens.grant import Grant

_log = structlog.get_logger(__name__)


def add_token_endpoint(
    blueprint: Blueprint,
    authenticator: SecretAuthenticator,
    grants: Iterable[Grant],
    observer: TokenObserver,
) -> None:
    """Serve the token endpoint with these grants."""
    known = {grant.grant_type: grant for grant in grants}

    @blueprint.post("/oauth/token", strict_slashes=False)
    def token() -> Response:
        form = _single_parameters()
        client = _authenticated(authenticator, form)
        _require_own_zone(client)
        observer.accepted(client)
        grant = _grant(known, form)
        _require_allowed(client, grant)
        issued = grant.issue(client, form)
        observer.issued(grant.grant_type, client)
        _log.info(
            "token issued",
            grant_type=grant.grant_type,
            credential=f"{client.credential_id:x}",
            credential_type=client.credential_type,
            jti=issued.token_id,
            scopes=len(issued.scopes),
        )
        return oauth_response(HTTPStatus.OK, issued.response())


def _single_parameters() -> dict[str, str]:
    """Return the form; empty parameters count as absent, repeated ones are an error (O-20)."""
    parameters: dict[str, str] = {}
    g.body_was_read = True
    # Of another content type than a form's the framework reads nothing by itself.
    request.get_data(cache=False, parse_form_data=True)
    for name, values in request.form.lists():
        if len(values) > 1:
            raise GrantRefused("invalid_request", "Each parameter may occur once only")
        if values[0]:
            parameters[name] = values[0]
    return parameters


def _authenticated(
    authenticator: SecretAuthenticator, form: Mapping[str, str]
) -> AuthenticatedClient:
    encoded_first = request.headers.get("X-CF-ENCODED-CREDENTIALS", "").lower() == "true"
    readings = presented_secrets(
        request.headers.get("Authorization"), form, encoded_first=encoded_first
    )
    *alternatives, last = readings
    # Whoever swaps the two by mistake must not find his secret in the log.
    shown = last.client_id if is_client_id(last.client_id) else "not a client id"
    structlog.contextvars.bind_contextvars(client_id=shown)
    for reading in alternatives:
        try:
            return _accepted(authenticator, reading)
        except AuthenticationFailed:
            continue
    return _accepted(authenticator, last)


def _accepted(
    authenticator: SecretAuthenticator, presented: PresentedSecret
) -> AuthenticatedClient:
    return authenticator.authenticate(presented.client_id, presented.client_secret)


def _require_own_zone(client: AuthenticatedClient) -> None:
    """Raise AuthenticationFailed if the client asks for a token of another zone (D-31)."""
    wanted = request.headers.get("X-zid")
    if wanted and wanted != client.client.zone_guid:
        raise AuthenticationFailed("X-zid names another zone")


def _require_allowed(client: AuthenticatedClient, grant: Grant) -> None:
    allowed = client.client.grant_types
    if allowed is not None and grant.grant_type not in allowed:
        raise GrantRefused("invalid_client", "Unauthorized grant type")


def _grant(known: Mapping[str, Grant], form: Mapping[str, str]) -> Grant:
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise GrantRefused("invalid_request", "Missing grant type")
    if grant_type not in known:
        raise GrantRefused("unsupported_grant_type", "Unsupported grant type")
    return known[grant_type]
