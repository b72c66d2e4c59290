"""The caller of a request to the administration APIs, by its access token (D-47, D-57)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from broker.api.request import Caller
from broker.audit.actor import Actor, ActorKind
from broker.errors import AccessDenied, GrantRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.authorization.rights import UserRights
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.tokens.client_authorities import Authorities
    from broker.tokens.introspection import ActiveToken, Introspection

_BEARER = "bearer "


class SettingsOfClients(Protocol):
    """Looks up the settings of clients."""

    def of(self, client_: Client) -> ClientSettings:
        """Return the settings of the client, as currently committed."""


@dataclass(frozen=True, slots=True)
class Bearers:
    """Authenticates requests by own access tokens, each of which is introspected.

    The zone is that of the token, whatever the host of the request. A scope is valid only while the
    client, and the user of a user's token, would get it in a new token: a former administrator
    cannot assign the role to itself again with an older token.
    """

    introspection: Introspection
    authorities: Authorities
    rights: UserRights
    client_settings: SettingsOfClients
    presented_certificate: Callable[[Mapping[str, Any]], bytes | None]

    def caller(self, environ: Mapping[str, Any], correlation_id: str) -> Caller | None:
        """Return the caller, None without a token.

        Raises TokenInvalid, and AuthenticationFailed for an unreadable certificate.
        """
        header = environ.get("HTTP_AUTHORIZATION", "")
        if not has_bearer(header):
            return None
        token = self.introspection.of(header[len(_BEARER) :].strip())
        token.require_certificate(lambda: self.presented_certificate(environ))
        scopes = self._current_scopes(token)
        return Caller(_actor(token, scopes, correlation_id), token.client, scopes)

    def _current_scopes(self, token: ActiveToken) -> frozenset[str]:
        scopes = frozenset(token.claims["scope"])
        if token.user is None:
            return scopes.intersection(self.authorities.of(token.client))
        settings = self.client_settings.of(token.client)
        try:
            rights = self.rights.of(token.user, token.client, settings, limit=scopes)
        except GrantRefused:  # none is left
            return frozenset()
        return frozenset(rights.scopes)


def has_bearer(authorization: str) -> bool:
    """Return whether the header's value has the scheme of access tokens."""
    return authorization[: len(_BEARER)].lower() == _BEARER


def require_one_of(caller: Caller, scopes: tuple[str, ...]) -> None:
    """Raise AccessDenied unless the caller has one of the scopes."""
    if caller.scopes.isdisjoint(scopes):
        raise AccessDenied(" ".join(scopes))


def _actor(token: ActiveToken, scopes: frozenset[str], correlation_id: str) -> Actor:
    # The credential that a token came from is the first part of its signature (D-32).
    credential = str(token.claims["rev_sig"]).partition(".")[0]
    if token.user is None:
        kind, name = ActorKind.CLIENT, token.client.client_id
        identity = {"credential": credential}
    else:
        kind, name = ActorKind.USER, token.user.user_id
        identity = {"client": token.client.client_id, "credential": credential}
    return Actor(kind, name, identity=identity, correlation_id=correlation_id, scopes=scopes)
