"""Revocation: one token (RFC 7009), or all that a client has got (UAA)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response

from broker.errors import AccessDenied, GrantRefused, TokenInvalid
from broker.oauth.form import form_parameters

if TYPE_CHECKING:
    from broker.oauth.callers import Callers
    from broker.tokens.introspection import Introspection
    from broker.tokens.ports import IssuedTokens

MOST_REVOKED = 1000
"""Tokens of one client that are remembered as revoked; so no client fills the table."""

_log = structlog.get_logger(__name__)


def add_revocation(
    blueprint: Blueprint, callers: Callers, introspection: Introspection, issued: IssuedTokens
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
            # RFC 7009 section 2.2: what the client wanted has been reached.
            _log.info("token is not active", reason=error.reason)
            return _done()
        if token.client.row_id != caller.row_id:
            raise GrantRefused("unauthorized_client", "The token belongs to another client")
        if not issued.revoke(caller, token.token_id, token.expires_at, MOST_REVOKED):
            raise GrantRefused(
                "invalid_request",
                f"{MOST_REVOKED} tokens of this client are revoked already; revoke all of them by"
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
        issued.revoke_all(caller)
        return _done()


def _done() -> Response:
    return Response(status=HTTPStatus.OK, headers={"Cache-Control": "no-store"})
