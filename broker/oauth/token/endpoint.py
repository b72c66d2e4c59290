"""``POST /oauth/token``."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from broker.errors import GrantRefused
from broker.logs.structured import add_to_subject
from broker.oauth.form import form_parameters, require_form
from broker.oauth.response import Answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.oauth.clients.authentication import ClientAuthentication
    from broker.oauth.observer import TokenObserver
    from broker.tokens.grant import Grant, IssuedToken, PreparedToken


@dataclass(frozen=True, slots=True, repr=False)
class Granted:
    """A request that gets a token, which is not signed yet."""

    grant_type: str
    client: AuthenticatedClient
    token: PreparedToken


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Decides about token requests, whoever has read them."""

    authentication: ClientAuthentication
    grants: Mapping[str, Grant]
    observer: TokenObserver

    def grant(self, client: AuthenticatedClient, form: Mapping[str, str]) -> Granted:
        """Grant a token, or raise GrantRefused."""
        grant = self._grant(form)
        _require_allowed(client, grant)
        _require_jwt(form)
        return Granted(grant.grant_type, client, grant.prepare(client, form))

    def issue(self, granted: Granted, issued: IssuedToken) -> Answer:
        """Answer with the token that was granted, now that it is signed."""
        client = granted.client
        self.observer.issued(granted.grant_type, client)
        # All that is kept of a token (D-32): members of the request's line in the log.
        add_to_subject(
            grant_type=granted.grant_type,
            credential=f"{client.credential_id:x}",
            credential_type=client.credential_type.value,
            jti=issued.token_id,
            scopes=len(issued.scopes),
        )
        return json_answer(HTTPStatus.OK, issued.response())

    def _grant(self, form: Mapping[str, str]) -> Grant:
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise GrantRefused("invalid_request", "Missing grant type")
        if grant_type not in self.grants:
            raise GrantRefused("unsupported_grant_type", "Unsupported grant type")
        return self.grants[grant_type]


def add_token_endpoint(blueprint: Blueprint, endpoint: TokenEndpoint) -> None:
    """Serve the token endpoint to requests of every shape."""
    authentication = endpoint.authentication

    @blueprint.post("/oauth/token", strict_slashes=False)
    def token() -> Response:
        form = form_parameters()
        client = authentication.client_of(authentication.read(request.environ, form))
        require_form()
        granted = endpoint.grant(client, form)
        return endpoint.issue(granted, granted.token.signed()).response()


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
