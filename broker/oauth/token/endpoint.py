"""``POST /oauth/token``.

A request passes through phases, each with its own type: it is read (``Attempt``), its client is
authenticated (``AuthenticatedClient``), a token is granted (``Granted``) and signed (``Signed``).
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response, request

from broker.descriptor.model import CredentialType, GrantType
from broker.errors import GrantRefused
from broker.logs.structured import add_to_subject
from broker.oauth.form import form_parameters, refuse_query, require_form
from broker.oauth.response import OAuthResponse, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.authentication.client import AuthenticatedClient
    from broker.oauth.clients.authentication import ClientAuthentication
    from broker.oauth.observer import TokenObserver
    from broker.runtime.slots import FairSlots
    from broker.runtime.turn import Turn
    from broker.tokens.grant import BatchableGrant, Grant, IssuedToken, PreparedToken


class Granted(NamedTuple):
    """A granted token, not signed yet."""

    grant_type: str
    token: PreparedToken

    def signed(self) -> Signed:
        """Sign the token; raise GrantRefused if it is too long."""
        return Signed(self.grant_type, self.token.signed())


class Signed(NamedTuple):
    """A granted and signed token."""

    grant_type: str
    token: IssuedToken


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Decides token requests, on the fast path and in the framework.

    ``batchable`` is the one grant of ``grants`` that the fast path serves in batches.
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
        """Grant an unsigned token by the batchable grant, or raise GrantRefused."""
        grant = self.batchable
        _require_allowed(client, grant, form)
        return Granted(grant.grant_type, grant.prepare(client, form))

    def respond(self, signed: Signed) -> OAuthResponse:
        """Return the response with the token."""
        token, client = signed.token, signed.token.subject.client
        self.observer.issued(signed.grant_type, client)
        # The only record of a token (D-32): members of the request's log entry.
        add_to_subject(
            grant_type=signed.grant_type,
            credential=f"{client.credential_id:x}",
            credential_type=client.credential_type.value,
            jti=token.token_id,
            scopes=len(token.scopes),
        )
        if token.subject.user_id is not None:
            add_to_subject(user_id=token.subject.user_id)
        return json_response(HTTPStatus.OK, token.response())

    def _grant(self, form: Mapping[str, str]) -> Grant:
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise GrantRefused("invalid_request", "Missing grant type")
        if grant_type not in self.grants:
            raise GrantRefused("unsupported_grant_type", "Unsupported grant type")
        return self.grants[grant_type]


def add_token_endpoint(
    blueprint: Blueprint, endpoint: TokenEndpoint, slots: FairSlots, turn: Turn
) -> None:
    """Serve every token request that does not take the fast path.

    Grants that may block need one of ``slots``, so that threads and database connections remain
    for the others (D-50). A request holds ``turn`` except while it waits for a slot or a hash: the
    fast path would get an equal share of the interpreter only (TH-20).
    """
    authentication = endpoint.authentication

    @blueprint.post("/oauth/token", strict_slashes=False)
    def token() -> Response:
        form = form_parameters()
        # Before the authentication: the client's credentials may be in the query, too.
        refuse_query(form)
        with turn.held():
            attempt = authentication.read(request.environ, form)
            client = authentication.client_of(attempt)
            require_form()
            grant = endpoint.allowed(client, form)
            if grant is endpoint.batchable:
                return _issued(grant, client, form)
        with slots.slot(client.client.row_id) as has_waited, turn.held():
            if has_waited:
                # The credential may have been deleted meanwhile (D-03).
                client = authentication.again(attempt)
                endpoint.allowed(client, form)
            return _issued(grant, client, form)

    def _issued(grant: Grant, client: AuthenticatedClient, form: Mapping[str, str]) -> Response:
        signed = Signed(grant.grant_type, grant.issue(client, form))
        return endpoint.respond(signed).to_flask()


def _require_allowed(client: AuthenticatedClient, grant: Grant, form: Mapping[str, str]) -> None:
    """Raise GrantRefused unless the client may use the grant and requests a JWT.

    JWT is the only supported format; as in UAA, only the value ``opaque`` differs (O-63).
    """
    if grant.grant_type not in client.client.grant_types and not _by_certificate(client, grant):
        raise GrantRefused("invalid_client", "Unauthorized grant type")
    if form.get("token_format") == "opaque":
        raise GrantRefused(
            "invalid_request", "token_format=opaque is not supported; omit it or send jwt"
        )


def _by_certificate(client: AuthenticatedClient, grant: Grant) -> bool:
    """Return whether ``client_x509``, XSUAA's old word, allows the grant (D-60).

    An older version does not know the word and refuses the grant.
    """
    return (
        grant.grant_type == GrantType.CLIENT_CREDENTIALS
        and client.credential_type is CredentialType.X509
        and GrantType.CLIENT_X509 in client.client.grant_types
    )
