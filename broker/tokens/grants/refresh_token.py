"""The refresh-token grant (RFC 6749 section 6): a user's logon continued (I-112 to I-115)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import client_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.authorization.requested_scopes import requested_scopes, shown
from broker.credentials.opaque import Opaque
from broker.descriptor.model import GrantType
from broker.errors import GrantRefused
from broker.tokens.grants.admission import require_admitted
from broker.tokens.refresh_tokens import WithRefreshTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from broker.authentication.client import AuthenticatedClient
    from broker.authorization.rights import UserRights
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.tokens.grant import IssuedToken
    from broker.tokens.ports import SettingsOfClients
    from broker.tokens.refresh_tokens import RefreshFamily, RefreshToken
    from broker.tokens.user_tokens import UserTokens
    from broker.transactions import Transactions

_MAX_SHOWN = 10


class RefreshStore(WithRefreshTokens, WithAudit, Protocol):
    """The store of a refresh."""


@dataclass(frozen=True, slots=True)
class RefreshTokenGrant:
    """Continues a grant with the user's current rights, within the scopes granted originally.

    ``clock`` is the one that dates tokens. ``max_snapshot_age``: after that time without a logon at
    the provider, its groups and attributes are outdated (I-08).
    """

    transactions: Transactions[RefreshStore]
    settings: SettingsOfClients
    rights: UserRights
    tokens: UserTokens
    clock: Clock
    max_snapshot_age: timedelta
    address_of_request: Callable[[], str] = str
    """Returns the address of the current request's client, for the audit trail."""

    grant_type = GrantType.REFRESH_TOKEN.value

    def issue(
        self, authenticated: AuthenticatedClient, parameters: Mapping[str, str]
    ) -> IssuedToken:
        """Return an access token, always with a refresh token: SAP's application router needs it.

        It is the presented one unless the zone rotates refresh tokens (I-115).
        """
        value, token = self._presented(authenticated.client, parameters)
        family, now = token.family, self.clock.now()
        settings = self.settings.of(authenticated.client)
        if not family.is_live(now, settings):
            raise _unknown()
        if token.is_reused(now):
            self._revoke(token)
            raise _unknown()
        require_admitted(family.user, settings)
        snapshot = family.user.snapshot
        if snapshot is not None and snapshot.taken_at + self.max_snapshot_age < now:
            raise _unknown()
        requested = parameters.get("scope", "")
        _require_narrower(requested, family)
        rights = self.rights.of(
            family.user, authenticated.client, settings, requested, family.scopes
        )
        issued = self.tokens.issue(
            authenticated,
            family.logon,
            rights,
            settings=settings,
            grant_type=family.grant_type,
            parameters=parameters,
            source=family.row_id,
        )
        next_value = self.transactions.run(lambda store: self._used(store, token, value, settings))
        if next_value is None:
            raise _unknown()
        return replace(issued, refresh_token=str(next_value))

    def _presented(
        self, client: Client, parameters: Mapping[str, str]
    ) -> tuple[Opaque, RefreshToken]:
        """Return the client's token in the parameters, and as it is stored."""
        text = parameters.get("refresh_token")
        if text is None:
            raise GrantRefused("invalid_request", "refresh_token parameter not provided")
        value = Opaque.parse(text)
        if value is None:
            raise _unknown()
        token = self.transactions.read(lambda store: store.refresh_tokens.find(value))
        if token is None or token.family.user.zone.row_id != client.zone.row_id:
            raise _unknown()
        if token.family.client_row_id != client.row_id:
            raise GrantRefused(
                "invalid_grant", f"Wrong client for this refresh token: {client.client_id}"
            )
        return value, token

    def _used(
        self, store: RefreshStore, token: RefreshToken, value: Opaque, settings: ClientSettings
    ) -> Opaque | None:
        """Record the use; return the next refresh token, None if the family has ended meanwhile."""
        tokens, now = store.refresh_tokens, self.clock.now()
        if settings.has_one_refresh_token and not tokens.is_newest(token.family):
            return None
        # A replaced token has a successor, also if the zone no longer rotates.
        if settings.rotates_refresh_tokens or token.replaced_at is not None:
            return tokens.replace(token, value, now)
        return value if tokens.use(token, now) else None

    def _revoke(self, token: RefreshToken) -> None:
        """End the family: a replaced token that is used again may be stolen (RFC 9700, TH-18)."""
        family = token.family

        def work(store: RefreshStore) -> None:
            if store.refresh_tokens.end(family.row_id):
                store.audit.append(
                    AuditEvent(
                        Action.REVOKE_TOKENS,
                        client_actor(family.client_id),
                        Subject(SubjectKind.CLIENT, family.client_id),
                        self.clock.now(),
                        {
                            "reason": "replaced refresh token used again",
                            "address": self.address_of_request(),
                            "refresh_tokens": True,
                            "user_id": family.user.user_id,
                        },
                        zone_guid=family.user.zone.guid,
                    )
                )

        self.transactions.run(work)


def _unknown() -> GrantRefused:
    """Return the one error of all tokens that are not valid (O-41)."""
    return GrantRefused(
        "invalid_token",
        "The token expired, was revoked, or the token ID is incorrect.",
        is_unauthorized=True,
    )


def _require_narrower(requested: str, family: RefreshFamily) -> None:
    """Raise GrantRefused if a scope is requested that was not granted originally (O-43)."""
    names = requested_scopes(requested)
    if set(names) <= set(family.scopes):
        return
    listed = " ".join(shown(name) for name in names[:_MAX_SHOWN])
    raise GrantRefused(
        "invalid_scope", f"Unable to narrow the scope of the client authentication to [{listed}]."
    )
