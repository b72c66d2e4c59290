"""Authentication at endpoints that accept a client's credentials or its token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flask import request

from broker.errors import AccessDenied, TokenInvalid
from broker.oauth.form import require_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.authentication.secret import LookedUp
    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.oauth.clients.authentication import Attempt, ClientAuthentication
    from broker.tokens.client_authorities import Authorities
    from broker.tokens.introspection import ActiveToken, Introspection

_RESOURCE_SERVER = "uaa.resource"
_BEARER = "bearer "


class Caller(NamedTuple):
    """An authenticated caller; ``token`` is None if it presented credentials."""

    client: Client
    scopes: tuple[str, ...]
    token: ActiveToken | None = None


class UserOfToken(NamedTuple):
    """The user of a presented token, as currently stored, and the token's scopes."""

    user: User
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Callers:
    """Authenticates the callers of the introspection and revocation endpoints.

    A user's token never acts as its client (D-58). Each method raises AuthenticationFailed or
    TokenInvalid for a caller that is not authenticated.
    """

    authentication: ClientAuthentication
    introspection: Introspection
    authorities: Authorities

    def client(self, form: Mapping[str, str]) -> Client:
        """Return the client whose credentials or token the request carries.

        Raises AccessDenied for a user's token.
        """
        return self.client_or_token(form).client

    def client_or_token(self, form: Mapping[str, str], *, or_user: bool = False) -> Caller:
        """Return the caller; raise AccessDenied for a user's token unless ``or_user``."""
        caller = self._identified(form)
        if caller.token is not None and caller.token.user is not None and not or_user:
            raise AccessDenied
        return caller

    def resource_server(self, form: Mapping[str, str]) -> Client:
        """Return the client if it holds ``uaa.resource``; else raise AccessDenied (O-49)."""
        caller = self.client_or_token(form)
        _require_resource_server(caller.scopes)
        return caller.client

    def resource_server_of(self, attempt: Attempt, looked_up: LookedUp) -> Client:
        """Return the same for a request with credentials, without the framework."""
        client = self.authentication.client_of(attempt, looked_up).client
        _require_resource_server(self.authorities.of(client))
        return client

    def user(self, scope: str) -> UserOfToken:
        """Return the user whose token the request carries; the token has the scope.

        A certificate-bound token is accepted without its certificate (decision 0061). Raises
        TokenInvalid without a token, AccessDenied for a client's token or without the scope.
        """
        if not _has_bearer_token():
            text = "Full authentication is required to access this resource"
            raise TokenInvalid("no token is presented", text)
        token = self._identified({}, needs_certificate=False).token
        if token is None or token.user is None:
            raise AccessDenied
        if scope not in token.claims["scope"]:
            raise AccessDenied(scope)
        return UserOfToken(token.user, tuple(token.claims["scope"]))

    def require_scope(self, caller: Caller, scope: str) -> None:
        """Raise AccessDenied unless the caller's token has the scope and the client still has it.

        An approval that was withdrawn since the token was issued has an effect at once (D-57).
        """
        has_scope = caller.token is not None and scope in caller.scopes
        if not has_scope or scope not in self.authorities.of(caller.client):
            raise AccessDenied(scope)

    def _identified(self, form: Mapping[str, str], *, needs_certificate: bool = True) -> Caller:
        if not _has_bearer_token():
            attempt = self.authentication.read(request.environ, form)
            client = self.authentication.client_of(attempt).client
            require_form()
            return Caller(client, self.authorities.of(client))
        token = self.introspection.of(request.headers["Authorization"][len(_BEARER) :].strip())
        self.authentication.require_own_zone(request.environ, token.client)
        if needs_certificate:
            token.require_certificate(
                lambda: self.authentication.presented_certificate(request.environ)
            )
        require_form()
        return Caller(token.client, tuple(token.claims["scope"]), token)


def is_bearer(authorization: str) -> bool:
    """Return whether the value of an Authorization header is a token."""
    return authorization[: len(_BEARER)].lower() == _BEARER


def _has_bearer_token() -> bool:
    return is_bearer(request.headers.get("Authorization", ""))


def _require_resource_server(scopes: Sequence[str]) -> None:
    if _RESOURCE_SERVER not in scopes:
        raise AccessDenied(_RESOURCE_SERVER)
