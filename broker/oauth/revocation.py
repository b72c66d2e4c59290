"""Revocation of one token (RFC 7009), or of all tokens of a client or user (UAA)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from broker.credentials.opaque import Opaque
from broker.errors import AccessDenied, GrantRefused, TokenInvalid
from broker.oauth.form import form_parameters
from broker.tokens.revocations.tokens import MAX_REVOKED

if TYPE_CHECKING:
    from broker.oauth.protected_endpoints import Caller, Callers
    from broker.tokens.introspection import ActiveToken, Introspection
    from broker.tokens.revocations.tokens import TokenRevocation
    from broker.tokens.revocations.users import UserRevocation

_log = structlog.get_logger(__name__)

_ADMINISTRATION = "xs_user.write"
_METHODS = ["GET", "POST", "DELETE"]
"""UAA's. Flask adds HEAD, which must change nothing (RFC 9110 section 9.2.1)."""


def add_revocation(
    blueprint: Blueprint,
    callers: Callers,
    introspection: Introspection,
    revocation: TokenRevocation,
) -> None:
    """Serve the revocation of a client's own tokens; a user's token revokes itself only (D-58)."""

    @blueprint.post("/oauth/revoke", strict_slashes=False)
    def revoke() -> Response:
        form = form_parameters()
        caller = callers.client_or_token(form, or_user=True)
        if "token" not in form:
            raise GrantRefused("invalid_request", "Token parameter must be set")
        text = form["token"]
        if Opaque.parse(text) is not None:
            _require_client(caller)
            revocation.revoke_refresh_token(caller.client, text)
            return _done()
        token = _introspected(introspection, text)
        _require_own(caller, token)
        if token is None:
            # RFC 7009 section 2.2: an invalid token needs no revocation.
            return _done()
        user = None if caller.token is None else caller.token.user
        if not revocation.revoke(caller.client, token.token_id, token.expires_at, user):
            raise (
                _table_is_full()
                if user is None
                else GrantRefused(
                    "invalid_request", "The users of the client have revoked too many tokens"
                )
            )
        return _done()

    @blueprint.route("/oauth/token/revoke/client/<path:client_id>", methods=_METHODS)
    def revoke_all(client_id: str) -> Response:
        _refuse_head()
        caller = callers.client(form_parameters())
        if client_id != caller.client_id:
            raise AccessDenied
        revocation.revoke_all(caller)
        return _done()


def add_user_revocation(blueprint: Blueprint, callers: Callers, users: UserRevocation) -> None:
    """Serve the revocation of a user's tokens: by administrators, or at the caller itself."""

    @blueprint.route("/oauth/token/revoke/user/<user_id>", methods=_METHODS)
    def revoke_user(user_id: str) -> Response:
        _refuse_head()
        caller = callers.client_or_token(form_parameters())
        callers.require_scope(caller, _ADMINISTRATION)
        users.revoke_all(caller.client, user_id)
        return _done()

    @blueprint.route("/oauth/token/revoke/user/<user_id>/client/<path:client_id>", methods=_METHODS)
    def revoke_user_at_client(user_id: str, client_id: str) -> Response:
        _refuse_head()
        caller = callers.client_or_token(form_parameters())
        if client_id != caller.client.client_id:
            callers.require_scope(caller, _ADMINISTRATION)
        if not users.revoke_at(caller.client, user_id, client_id):
            raise _table_is_full()
        return _done()


def _refuse_head() -> None:
    if request.method == "HEAD":
        raise MethodNotAllowed(_METHODS)


def _introspected(introspection: Introspection, token: str) -> ActiveToken | None:
    try:
        return introspection.of(token)
    except TokenInvalid as error:
        _log.info("token is not active", reason=error.reason)
        return None


def _require_client(caller: Caller) -> None:
    if caller.token is not None and caller.token.user is not None:
        raise AccessDenied


def _require_own(caller: Caller, token: ActiveToken | None) -> None:
    """Raise unless the token belongs to the client; a user's token revokes itself only (D-58)."""
    own = caller.token
    if own is not None and own.user is not None:
        if token is None or token.token_id != own.token_id:
            raise AccessDenied
    elif token is not None and token.client.row_id != caller.client.row_id:
        raise GrantRefused("unauthorized_client", "The token belongs to another client")


def _table_is_full() -> GrantRefused:
    return GrantRefused(
        "invalid_request",
        f"The client already has {MAX_REVOKED} revoked tokens; revoke all its tokens with"
        " /oauth/token/revoke/client/<client id>",
    )


def _done() -> Response:
    return Response(status=HTTPStatus.OK, headers={"Cache-Control": "no-store"})
