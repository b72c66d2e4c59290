"""Id tokens of providers as assertions (RFC 7523, I-120)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from broker.errors import LogonInvalid
from broker.identity.logon import LogonAtProvider, Stated
from broker.identity.providers.mapping import identity_of
from broker.relying_party.claims import missing_roles
from broker.relying_party.id_token import LEEWAY, Expected, stated_issuer
from broker.relying_party.network.connection import Budget
from broker.relying_party.ports import LogonStore
from broker.relying_party.provider_state import require_unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.relying_party.logon import ProviderLogon
    from broker.relying_party.network.slots import RequestSlots
    from broker.relying_party.provider_state import ProviderState
    from broker.transactions import Transactions

_SECONDS = 8.0
_MAX_TOKEN_ID = 1024
_ID_TOKEN = "id"  # noqa: S105 - a kind of tokens


class UsedAssertions(Protocol):
    """Stores assertions that were used."""

    def use(self, digest: str, expires_at: datetime) -> bool:
        """Record the use; return False if it is recorded already."""


class AssertionStore(LogonStore, Protocol):
    """The repositories of a logon with an assertion."""

    @property
    def used_assertions(self) -> UsedAssertions:
        """The repository of used assertions."""


@dataclass(frozen=True, slots=True)
class AssertedLogon:
    """The user of an assertion, and when the user authenticated at the provider."""

    user: User
    authenticated_at: datetime


@dataclass(frozen=True, slots=True)
class ForeignAssertions:
    """Accepts id tokens of a zone's providers.

    ``max_age``: since they were issued; ``slots``: for requests to providers, which wait within a
    user grant (D-50).
    """

    logon: ProviderLogon
    transactions: Transactions[AssertionStore]
    max_age: timedelta
    slots: RequestSlots

    def __call__(self, zone: Zone, assertion: str) -> AssertedLogon | None:
        """Return the logon, None unless exactly one active provider of the zone is the issuer.

        The user is found or created as at a login (I-44). An assertion is accepted once.
        Raises LogonInvalid, ProviderUnavailable and GrantRefused.
        """
        issuer = stated_issuer(assertion)
        is_foreign = issuer not in {None, self.logon.addresses.token_url(zone.subdomain)}
        state = self.logon.active_with_issuer(zone, str(issuer)) if is_foreign else None
        if state is None:
            return None
        budget = Budget(_SECONDS, zone.guid, self.slots)
        seconds = int(self.max_age.total_seconds())
        endpoints = self.logon.discovery.of(state.configuration, budget, has_users=state.has_users)
        expected = Expected(
            endpoints.issuer, state.configuration.relying_party_id, max_token_age=seconds
        )
        claims = self.logon.claims(state, endpoints, assertion, expected, budget)
        if str(claims.get("typ", _ID_TOKEN)).lower() != _ID_TOKEN:
            # An access token of some providers has the client in its audience as well.
            raise LogonInvalid("the assertion is no id token")
        authenticated_at = self._authenticated_at(claims)
        digest = _digest(zone.guid, claims, assertion)
        return AssertedLogon(self._user(state, claims, digest), authenticated_at)

    def _user(self, state: ProviderState, claims: Mapping[str, Any], digest: str) -> User:
        identity = identity_of(state.configuration, claims)
        now = self.logon.clock.now()
        stated = Stated(
            min(_time(claims["iat"]), now),
            is_complete=not missing_roles(state.configuration, claims),
        )
        # Afterwards it is too old, even if the provider's clock is ahead.
        ends_at = now + self.max_age + timedelta(seconds=2 * LEEWAY)

        def work(store: AssertionStore) -> User:
            require_unchanged(store, state)
            if not store.used_assertions.use(digest, ends_at):
                raise LogonInvalid("the assertion was used already")
            return LogonAtProvider(self.transactions, self.logon.clock).within(
                store, state.provider.zone, state.policy, identity, stated
            )

        return self.transactions.run(work)

    def _authenticated_at(self, claims: Mapping[str, Any]) -> datetime:
        stated = claims.get("auth_time")
        if isinstance(stated, bool) or not isinstance(stated, int | float):
            stated = claims["iat"]
        return min(_time(stated), self.logon.clock.now())


def _digest(zone_guid: str, claims: Mapping[str, Any], assertion: str) -> str:
    """Return the digest of zone, issuer and token id; raise LogonInvalid.

    Without a token id the signed part identifies the token: signatures of ES256 can be varied.
    """
    token_id = claims.get("jti")
    if token_id is None:
        token_id = f"\0{assertion.rpartition('.')[0]}"
    elif not isinstance(token_id, str) or not 0 < len(token_id) <= _MAX_TOKEN_ID:
        raise LogonInvalid("jti is no text, or too long")
    text = f"{zone_guid}\0{claims['iss']}\0{token_id}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _time(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise LogonInvalid("a time is out of range") from None
