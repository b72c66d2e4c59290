"""``/introspect`` (RFC 7662) and UAA's ``/check_token``: the current state of a token."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response

from broker.authorization.requested_scopes import shown
from broker.errors import GrantRefused, TokenInvalid
from broker.oauth.form import form_parameters
from broker.oauth.response import json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.identity.client import Client
    from broker.oauth.protected_endpoints import Callers
    from broker.tokens.introspection import ActiveToken, Introspection

_log = structlog.get_logger(__name__)

_MAX_SHOWN = 10


def add_introspection(blueprint: Blueprint, callers: Callers, introspection: Introspection) -> None:
    """Serve both endpoints to clients that hold ``uaa.resource``."""

    @blueprint.post("/introspect", strict_slashes=False)
    def introspect() -> Response:
        form = form_parameters()
        caller = callers.resource_server(form)
        try:
            token = _token_for(caller, form, introspection)
        except TokenInvalid as error:
            # RFC 7662 section 2.2: no further information about an inactive token.
            _log.info("token is not active", reason=error.reason)
            return json_response(HTTPStatus.OK, {"active": False}).to_flask()
        claims = dict(token.claims)
        # Section 2.2 requires a string where tokens have a list.
        claims |= {"scope": " ".join(claims["scope"]), "token_type": "bearer"}
        return json_response(HTTPStatus.OK, {"active": True, **claims}).to_flask()

    @blueprint.post("/check_token", strict_slashes=False)
    def check_token() -> Response:
        form = form_parameters()
        caller = callers.resource_server(form)
        try:
            token = _token_for(caller, form, introspection)
        except TokenInvalid as error:
            _log.info("token is not active", reason=error.reason)
            raise GrantRefused("invalid_token", str(error)) from None
        held = {"", *token.claims["scope"]}
        requested = form.get("scopes", "").split(",")
        if missing := [scope for scope in requested if scope not in held]:
            listed = ",".join(shown(scope) for scope in missing[:_MAX_SHOWN])
            text = f"Some requested scopes are missing: {listed}"
            raise GrantRefused("invalid_scope", text)
        return json_response(HTTPStatus.OK, token.claims).to_flask()


def _token_for(
    caller: Client, form: Mapping[str, str], introspection: Introspection
) -> ActiveToken:
    if "token" not in form:
        raise GrantRefused("invalid_request", "Token parameter must be set")
    token = introspection.of(form["token"])
    if not token.concerns(caller):
        raise TokenInvalid("the caller is not in the zone or audience of the token")
    return token
