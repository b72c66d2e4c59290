"""The JWT bearer grant (RFC 7523): exchanges tokens of users for those of a client.

An assertion is an access token of this server (D-44, I-118), or an id token of an identity provider
of the zone (I-120).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from broker.descriptor.model import GrantType
from broker.descriptor.names import is_platform_scope
from broker.descriptor.token_size import MAX_TOKEN_BYTES
from broker.errors import GrantRefused, LogonInvalid, TokenInvalid
from broker.tokens.grants.admission import require_admitted
from broker.tokens.user_tokens import Logon

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from broker.authentication.client import AuthenticatedClient
    from broker.authorization.rights import Rights, UserRights
    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.tokens.grant import IssuedToken
    from broker.tokens.introspection import ActiveToken, Introspection
    from broker.tokens.ports import SettingsOfClients
    from broker.tokens.refresh_tokens import RefreshTokens, WithRefreshTokens
    from broker.tokens.user_tokens import UserTokens
    from broker.transactions import Transactions

_EXCHANGE_SCOPE = "uaa.user"
_ADMINISTRATION = "xs_"


class ForeignLogon(Protocol):
    """A logon that an id token of a provider proves."""

    @property
    def user(self) -> User:
        """The user."""

    @property
    def authenticated_at(self) -> datetime:
        """When the user authenticated at the provider."""


class ForeignAssertions(Protocol):
    """Accepts id tokens of a zone's identity providers."""

    def __call__(self, zone: Zone, assertion: str, /) -> ForeignLogon | None:
        """Return the logon, None if no provider of the zone is the issuer; raise LogonInvalid."""


@dataclass(frozen=True, slots=True)
class _Asserted:
    """What an assertion proves; ``scopes``: those that it carries, ``source``: its origin here."""

    user: User
    logged_on_at: datetime
    scopes: Collection[str] = ()
    source: int | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """Exchanges a user's access token for one of the requesting client.

    Its scopes are computed again for the requesting client; the user's logon remains the same.
    ``period``: how long after the logon a token may be exchanged (I-121).
    ``without_uaa_user``: ids of clients that may exchange any user's token of their zone.
    """

    introspection: Introspection
    client_settings: SettingsOfClients
    rights: UserRights
    tokens: UserTokens
    refresh_tokens: RefreshTokens
    transactions: Transactions[WithRefreshTokens]
    period: timedelta
    without_uaa_user: Collection[str]
    foreign: ForeignAssertions

    grant_type = GrantType.JWT_BEARER.value

    def issue(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> IssuedToken:
        """Return the tokens; a refresh token if the client may use it.

        If the refresh token or session behind the assertion has ended, the new token ends with the
        assertion: otherwise exchanges would continue the logon (D-44). Raises GrantRefused (O-45,
        O-46), also if the user is not admitted to the client.
        """
        client = authenticated.client
        asserted = self._asserted(client, parameters)
        user, logged_on_at = asserted.user, asserted.logged_on_at
        if self.tokens.keys.now() >= logged_on_at + self.period:
            raise _refused("The user logged on too long ago and must log on again")
        settings = self.client_settings.of(client)
        require_admitted(user, settings)
        requested = parameters.get("scope", "")
        rights = _without_new_administration(
            self.rights.of(user, client, settings, requested), asserted.scopes
        )
        logon = Logon(user, logged_on_at, user.amr)

        issue = partial(
            self.tokens.issue,
            authenticated,
            logon,
            rights,
            settings=settings,
            grant_type=self.grant_type,
            parameters=parameters,
        )
        family_row_id = self.refresh_tokens.new_family(client)
        if family_row_id is None:
            ends_at = asserted.expires_at if self._has_ended(asserted.source) else None
            return issue(source=asserted.source, ends_at=ends_at)
        issued = issue(source=family_row_id)
        started = self.transactions.run(
            lambda store: self.refresh_tokens.start(
                store,
                authenticated,
                logon,
                settings,
                rights.scopes,
                self.grant_type,
                asserted.source,
                row_id=family_row_id,
            )
        )
        if started is None:
            return issue(source=asserted.source, ends_at=asserted.expires_at)
        return replace(issued, refresh_token=started.refresh_token)

    def _has_ended(self, row_id: int | None) -> bool:
        """Return whether the session or refresh token with this row id has ended."""
        if row_id is None:
            return False
        source = self.transactions.read(lambda store: store.refresh_tokens.source(row_id))
        return source is None or source.expires_at <= self.tokens.keys.now()

    def _asserted(self, client: Client, parameters: Mapping[str, str]) -> _Asserted:
        """Return what the assertion proves; raise GrantRefused."""
        assertion = parameters.get("assertion", "")
        if not assertion:
            raise GrantRefused("unauthorized", "Assertion is missing", is_unauthorized=True)
        if len(assertion) > MAX_TOKEN_BYTES:
            raise GrantRefused(
                "invalid_request",
                f"The assertion has {len(assertion)} characters; at most {MAX_TOKEN_BYTES}",
            )
        try:
            found = self.foreign(client.zone, assertion)
        except LogonInvalid as error:
            raise _refused("Invalid assertion: Token was not recognised") from error
        if found:
            # An id token carries no scopes of this server.
            return _Asserted(found.user, found.authenticated_at)
        token, user = self._own_token(client, assertion)
        claims = token.claims
        logged_on_at = datetime.fromtimestamp(claims["auth_time"], UTC)
        return _Asserted(user, logged_on_at, claims["scope"], token.source, claims.get("exp"))

    def _own_token(self, client: Client, assertion: str) -> tuple[ActiveToken, User]:
        """Return the active token in the assertion, and its user."""
        try:
            token = self.introspection.of(assertion)
        except TokenInvalid as error:
            raise _refused(f"Invalid assertion: {error}") from error
        if token.client.zone.row_id != client.zone.row_id:
            raise _refused("Invalid assertion: Token was not recognised")
        if token.user is None:
            raise _refused("Unable to map issuer: the assertion must be an access token of a user")
        if not self._may_exchange(client, token):
            raise _refused(
                f"The assertion needs scope {_EXCHANGE_SCOPE}, or client {client.client_id} in its"
                " audience"
            )
        return token, token.user

    def _may_exchange(self, client: Client, token: ActiveToken) -> bool:
        """Return whether the token may be exchanged for one of the client (I-119)."""
        return (
            _EXCHANGE_SCOPE in token.claims["scope"]
            or token.concerns(client)
            or client.client_id in self.without_uaa_user
        )


def _without_new_administration(rights: Rights, carried: Collection[str]) -> Rights:
    """Return the rights without the ``xs_*`` scopes that the assertion does not carry (D-44)."""
    scopes = tuple(
        scope for scope in rights.scopes if scope in carried or not _is_administration(scope)
    )
    if not scopes:
        raise _refused("No scopes were granted")  # O-48
    return replace(rights, scopes=scopes)


def _is_administration(scope: str) -> bool:
    return scope.startswith(_ADMINISTRATION) and is_platform_scope(scope)


def _refused(text: str) -> GrantRefused:
    return GrantRefused("invalid_token", text, is_unauthorized=True)
