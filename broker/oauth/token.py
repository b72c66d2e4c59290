"""``POST /oauth/token``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response

from broker.errors import GrantRefused
from broker.oauth.errors import oauth_response
from broker.oauth.form import form_parameters, require_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from broker.credentials.authenticate import AuthenticatedClient
    from broker.oauth.authentication import ClientAuthentication
    from broker.oauth.observer import TokenObserver
    from broker.tokens.grant import Grant

_log = structlog.get_logger(__name__)


def add_token_endpoint(
    blueprint: Blueprint,
    authentication: ClientAuthentication,
    grants: Iterable[Grant],
    observer: TokenObserver,
) -> None:
    """Serve the token endpoint with these grants."""
    known = {grant.grant_type: grant for grant in grants}

    @blueprint.post("/oauth/token", strict_slashes=False)
    def token() -> Response:
        form = form_parameters()
        client = authentication.client_of(form)
        require_form()
        grant = _grant(known, form)
        _require_allowed(client, grant)
        _require_jwt(form)
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


def _grant(known: Mapping[str, Grant], form: Mapping[str, str]) -> Grant:
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise GrantRefused("invalid_request", "Missing grant type")
    if grant_type not in known:
        raise GrantRefused("unsupported_grant_type", "Unsupported grant type")
    return known[grant_type]


def _require_allowed(client: AuthenticatedClient, grant: Grant) -> None:
    allowed = client.client.grant_types
    if allowed is not None and grant.grant_type not in allowed:
        raise GrantRefused("invalid_client", "Unauthorized grant type")


def _require_jwt(form: Mapping[str, str]) -> None:
    """Refuse the one other format there is; any further value means JWT, as in UAA (O-63)."""
    if form.get("token_format") == "opaque":
        raise GrantRefused(
            "invalid_request", "token_format=opaque is not supported; leave it out or send jwt"
        )
