"""``/introspect`` (RFC 7662) and UAA's ``/check_token``: the current state of a token."""

from __future__ import annotations

from dataclasses import dataclass
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

    from broker.authentication.secret import LookedUp
    from broker.identity.client import Client
    from broker.oauth.clients.authentication import Attempt
    from broker.oauth.protected_endpoints import Callers
    from broker.oauth.response import OAuthResponse
    from broker.tokens.introspection import ActiveToken, Introspection

_log = structlog.get_logger(__name__)

_MAX_SHOWN = 10


@dataclass(frozen=True, slots=True)
class IntrospectionEndpoint:
    """Decides introspection requests, on the fast path and in the framework."""

    callers: Callers
    introspection: Introspection

    def caller(self, attempt: Attempt, looked_up: LookedUp) -> Client:
        """Return the client of a request with credentials, as ``Callers.resource_server``."""
        return self.callers.resource_server_of(attempt, looked_up)

    def introspect(self, caller: Client, form: Mapping[str, str]) -> OAuthResponse:
        """Return the state of the token; raise GrantRefused without one."""
        try:
            token = self._token_for(caller, form)
        except TokenInvalid as error:
            # RFC 7662 section 2.2: no further information about an inactive token.
            _log.info("token is not active", reason=error.reason)
            return json_response(HTTPStatus.OK, {"active": False})
        claims = dict(token.claims)
        # Section 2.2 requires a string where tokens have a list.
        claims |= {"scope": " ".join(claims["scope"]), "token_type": "bearer"}
        return json_response(HTTPStatus.OK, {"active": True, **claims})

    def check(self, caller: Client, form: Mapping[str, str]) -> OAuthResponse:
        """Return the claims of an active token; raise GrantRefused for any other."""
        try:
            token = self._token_for(caller, form)
        except TokenInvalid as error:
            _log.info("token is not active", reason=error.reason)
            raise GrantRefused("invalid_token", str(error)) from None
        held = {"", *token.claims["scope"]}
        requested = form.get("scopes", "").split(",")
        if missing := [scope for scope in requested if scope not in held]:
            listed = ",".join(shown(scope) for scope in missing[:_MAX_SHOWN])
            text = f"Some requested scopes are missing: {listed}"
            raise GrantRefused("invalid_scope", text)
        return json_response(HTTPStatus.OK, token.claims)

    def _token_for(self, caller: Client, form: Mapping[str, str]) -> ActiveToken:
        if "token" not in form:
            raise GrantRefused("invalid_request", "Token parameter must be set")
        token = self.introspection.of(form["token"])
        if not token.concerns(caller):
            raise TokenInvalid("the caller is not in the zone or audience of the token")
        return token


def add_introspection(blueprint: Blueprint, endpoint: IntrospectionEndpoint) -> None:
    """Serve both endpoints to clients that hold ``uaa.resource``."""

    @blueprint.post("/introspect", strict_slashes=False)
    def introspect() -> Response:
        form = form_parameters()
        caller = endpoint.callers.resource_server(form)
        return endpoint.introspect(caller, form).to_flask()

    @blueprint.post("/check_token", strict_slashes=False)
    def check_token() -> Response:
        form = form_parameters()
        caller = endpoint.callers.resource_server(form)
        return endpoint.check(caller, form).to_flask()
