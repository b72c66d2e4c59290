"""Revocation of one token (RFC 7009) or of all tokens of a client (UAA)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response

from broker.errors import AccessDenied, GrantRefused, TokenInvalid
from broker.oauth.form import form_parameters
from broker.tokens.revocation import MAX_REVOKED

if TYPE_CHECKING:
    from broker.oauth.protected_endpoints import Callers
    from broker.tokens.introspection import Introspection
    from broker.tokens.revocation import TokenRevocation

_log = structlog.get_logger(__name__)


def add_revocation(
    blueprint: Blueprint,
    callers: Callers,
    introspection: Introspection,
    revocation: TokenRevocation,
) -> None:
    """Serve both endpoints; a client revokes its own tokens only."""

    @blueprint.post("/oauth/revoke", strict_slashes=False)
    def revoke() -> Response:
        form = form_parameters()
        caller = callers.client(form)
        if "token" not in form:
            raise GrantRefused("invalid_request", "Token parameter must be set")
        try:
            token = introspection.of(form["token"])
        except TokenInvalid as error:
            # RFC 7009 section 2.2: an invalid token needs no revocation.
            _log.info("token is not active", reason=error.reason)
            return _done()
        if token.client.row_id != caller.row_id:
            raise GrantRefused("unauthorized_client", "The token belongs to another client")
        if not revocation.revoke(caller, token.token_id, token.expires_at):
            raise GrantRefused(
                "invalid_request",
                f"The client already has {MAX_REVOKED} revoked tokens; revoke all its tokens with"
                " /oauth/token/revoke/client/<client id>",
            )
        return _done()

    @blueprint.route(
        "/oauth/token/revoke/client/<path:client_id>", methods=["GET", "POST", "DELETE"]
    )
    def revoke_all(client_id: str) -> Response:
        caller = callers.client(form_parameters())
        if client_id != caller.client_id:
            raise AccessDenied
        revocation.revoke_all(caller)
        return _done()


def _done() -> Response:
    return Response(status=HTTPStatus.OK, headers={"Cache-Control": "no-store"})
