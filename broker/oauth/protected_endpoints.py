"""Authentication at endpoints that accept a client's credentials or its token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from broker.errors import AccessDenied
from broker.oauth.form import require_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.identity.client import Client
    from broker.oauth.clients.authentication import ClientAuthentication
    from broker.tokens.client_authorities import Authorities
    from broker.tokens.introspection import Introspection

_RESOURCE_SERVER = "uaa.resource"
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Callers:
    """Authenticates the callers of the introspection and revocation endpoints."""

    authentication: ClientAuthentication
    introspection: Introspection
    authorities: Authorities

    def client(self, form: Mapping[str, str]) -> Client:
        """Return the client whose credentials or token the request carries.

        Raises AuthenticationFailed or TokenInvalid.
        """
        return self._identified(form)[0]

    def resource_server(self, form: Mapping[str, str]) -> Client:
        """Return the client if it holds ``uaa.resource``; else raise AccessDenied (O-49)."""
        client, scopes = self._identified(form)
        if _RESOURCE_SERVER not in scopes:
            raise AccessDenied(_RESOURCE_SERVER)
        return client

    def _identified(self, form: Mapping[str, str]) -> tuple[Client, tuple[str, ...]]:
        authorization = request.headers.get("Authorization", "")
        if authorization[: len(_BEARER)].lower() != _BEARER:
            attempt = self.authentication.read(request.environ, form)
            client = self.authentication.client_of(attempt).client
            require_form()
            return client, self.authorities.of(client)
        token = self.introspection.of(authorization[len(_BEARER) :].strip())
        self.authentication.require_own_zone(request.environ, token.client)
        require_form()
        return token.client, tuple(token.claims["scope"])
