"""``POST /oauth/token``.

A request goes through phases, each a value of its own: it is read (``Attempt``), its client is
authenticated (``AuthenticatedClient``), a token is granted (``Granted``) and signed (``Signed``).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response, request

from broker.errors import Busy, GrantRefused
from broker.logs.structured import add_to_subject
from broker.oauth.form import form_parameters, require_form
from broker.oauth.response import OAuthResponse, json_response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.oauth.clients.authentication import ClientAuthentication
    from broker.oauth.observer import TokenObserver
    from broker.tokens.grant import BatchableGrant, Grant, IssuedToken, PreparedToken


class Granted(NamedTuple):
    """A request that gets a token, which is not signed yet."""

    grant_type: str
    token: PreparedToken

    def signed(self) -> Signed:
        """Sign the token; raise GrantRefused if it is too long to be sent."""
        return Signed(self.grant_type, self.token.signed())


class Signed(NamedTuple):
    """A request whose token is signed."""

    grant_type: str
    token: IssuedToken


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Decides about token requests, whichever component has read them.

    ``batchable`` is the one of ``grants`` that the fast path serves, many requests together.
    """

    authentication: ClientAuthentication
    grants: Mapping[str, Grant]
    batchable: BatchableGrant
    observer: TokenObserver

    def allowed(self, client: AuthenticatedClient, form: Mapping[str, str]) -> Grant:
        """Return the grant that the form names if the client may use it; raise GrantRefused."""
        grant = self._grant(form)
        _require_allowed(client, grant, form)
        return grant

    def grant(self, client: AuthenticatedClient, form: Mapping[str, str]) -> Granted:
        """Grant a token by the batchable grant, to be signed later, or raise GrantRefused."""
        grant = self.batchable
        _require_allowed(client, grant, form)
        return Granted(grant.grant_type, grant.prepare(client, form))

    def respond(self, signed: Signed) -> OAuthResponse:
        """Return the response with the token."""
        token, client = signed.token, signed.token.subject.client
        self.observer.issued(signed.grant_type, client)
        # All that is kept of a token (D-32): members of the request's line in the log.
        add_to_subject(
            grant_type=signed.grant_type,
            credential=f"{client.credential_id:x}",
            credential_type=client.credential_type.value,
            jti=token.token_id,
            scopes=len(token.scopes),
        )
        return json_response(HTTPStatus.OK, token.response())

    def _grant(self, form: Mapping[str, str]) -> Grant:
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise GrantRefused("invalid_request", "Missing grant type")
        if grant_type not in self.grants:
            raise GrantRefused("unsupported_grant_type", "Unsupported grant type")
        return self.grants[grant_type]


def add_token_endpoint(blueprint: Blueprint, endpoint: TokenEndpoint, max_waiting: int) -> None:
    """Serve the token endpoint to requests of every shape.

    At most ``max_waiting`` requests at a time use grants that may wait: they leave threads and
    database connections to all others (D-50).
    """
    authentication = endpoint.authentication
    slots = threading.BoundedSemaphore(max_waiting)

    @blueprint.post("/oauth/token", strict_slashes=False)
    def token() -> Response:
        form = form_parameters()
        client = authentication.client_of(authentication.read(request.environ, form))
        require_form()
        grant = endpoint.allowed(client, form)
        with nullcontext() if grant is endpoint.batchable else _slot(slots):
            signed = Signed(grant.grant_type, grant.issue(client, form))
        return endpoint.respond(signed).to_flask()


@contextmanager
def _slot(slots: threading.BoundedSemaphore) -> Iterator[None]:
    """Take a slot, or raise Busy."""
    if not slots.acquire(blocking=False):
        raise Busy("Too many token requests are already waiting.")
    try:
        yield
    finally:
        slots.release()


def _require_allowed(client: AuthenticatedClient, grant: Grant, form: Mapping[str, str]) -> None:
    """Raise GrantRefused unless the client may use the grant, and asks for a JWT.

    That is the one format there is; any value but ``opaque`` means it, as in UAA (O-63).
    """
    if grant.grant_type not in client.client.grant_types:
        raise GrantRefused("invalid_client", "Unauthorized grant type")
    if form.get("token_format") == "opaque":
        raise GrantRefused(
            "invalid_request", "token_format=opaque is not supported; omit it or send jwt"
        )
