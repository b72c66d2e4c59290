"""The logon at a provider: the redirect to it, and the verification of its response (I-36 to I-40).

OpenID Connect's code flow with PKCE, ``state`` and ``nonce`` per attempt.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from broker.errors import LogonInvalid
from broker.identity.logon import LogonAtProvider, ProviderIdentity, snapshot_of
from broker.identity.providers.mapping import identity_of
from broker.relying_party.attempt import Attempt, Attempts
from broker.relying_party.callback import code_in
from broker.relying_party.claims import with_userinfo
from broker.relying_party.id_token import Expected, verified_claims
from broker.relying_party.network.connection import Budget
from broker.relying_party.provider_state import require_unchanged, state_of, usable_provider
from broker.relying_party.token_request import request_tokens, uses_challenge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.addresses import Addresses
    from broker.clock import Clock
    from broker.identity.providers.provider import Provider
    from broker.identity.user import Snapshot, User
    from broker.identity.zone import Zone
    from broker.relying_party.discovery import Discovery, Endpoints
    from broker.relying_party.keys import ProviderKeys, PublicKey
    from broker.relying_party.network.http import ProviderHttp
    from broker.relying_party.ports import LogonStore
    from broker.relying_party.provider_state import ProviderState
    from broker.transactions import Transactions

CALLBACK_PATH: Final = "/login/callback/"
LOGON_SECONDS: Final = 12.0
"""For all requests to the provider after its response."""

_START_SECONDS = 6.0
_MAX_SESSION = 255
_MAX_HINT = 254


@dataclass(frozen=True, slots=True)
class LogonHints:
    """What the authorization request asks of the logon.

    ``is_fresh``: the user must authenticate again (``prompt=login``); ``selects_account``: the
    user must choose an account (``prompt=select_account``); ``max_age`` in seconds.
    """

    login_hint: str | None = None
    is_fresh: bool = False
    selects_account: bool = False
    max_age: int | None = None
    ui_locales: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class StartedAttempt:
    """The URL of the provider, and the ``state`` and cookie value of the attempt."""

    url: str
    state: str
    cookie: str


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedLogon:
    """A verified response of a provider.

    ``provider_session`` is its claim ``sid``; ``snapshot`` is what is stored of the identity.
    """

    state: ProviderState
    claims: Mapping[str, Any]
    identity: ProviderIdentity
    id_token: str
    provider_session: str | None
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class ProviderLogon:
    """Logs users on at the providers of a zone."""

    transactions: Transactions[LogonStore]
    http: ProviderHttp
    discovery: Discovery
    keys: ProviderKeys
    attempts: Attempts
    addresses: Addresses
    clock: Clock

    def start(
        self, zone_guid: str, origin: str, pending: str, hints: LogonHints = LogonHints()
    ) -> StartedAttempt:
        """Return the attempt and where it begins.

        ``pending`` is the sealed authorization request. Raises LogonInvalid, ProviderUnavailable
        and PendingTooLarge.
        """
        state = self.transactions.read(lambda store: usable_provider(store, zone_guid, origin))
        endpoints = self._endpoints(state, Budget(_START_SECONDS, zone_guid))
        attempt = Attempt.at(
            state.provider, self.clock.now(), hints.max_age, is_fresh=hints.is_fresh
        )
        value, cookie = self.attempts.sealed(attempt, pending)
        url = self.url(state, endpoints, attempt, value, hints)
        return StartedAttempt(url, value, cookie)

    def url(
        self,
        state: ProviderState,
        endpoints: Endpoints,
        attempt: Attempt,
        value: str,
        hints: LogonHints = LogonHints(),
    ) -> str:
        """Return the URL of the provider at which the attempt begins; ``value`` is its state."""
        configuration = state.configuration
        parameters = {
            "response_type": "code",
            "client_id": configuration.relying_party_id,
            "redirect_uri": self.redirect_uri(state.provider),
            "scope": " ".join(configuration.scopes),
            "state": value,
            "nonce": attempt.nonce,
        }
        if uses_challenge(configuration, endpoints, has_secret=state.secret is not None):
            parameters |= {"code_challenge": attempt.challenge, "code_challenge_method": "S256"}
        if hints.login_hint and len(hints.login_hint) <= _MAX_HINT:
            parameters["login_hint"] = hints.login_hint
        asked = {"login": hints.is_fresh, "select_account": hints.selects_account}
        if prompts := [prompt for prompt, is_asked in asked.items() if is_asked]:
            parameters["prompt"] = " ".join(prompts)
        if hints.max_age is not None:
            parameters["max_age"] = str(hints.max_age)
        if hints.ui_locales and len(hints.ui_locales) <= _MAX_HINT:
            parameters["ui_locales"] = hints.ui_locales
        separator = "&" if "?" in endpoints.authorization else "?"
        # The browser must go to a URL that the server itself could request.
        self.http.rules.target(endpoints.authorization)
        return f"{endpoints.authorization}{separator}{urlencode(parameters)}"

    def redirect_uri(self, provider: Provider) -> str:
        """Return the URL of the callback, one per provider (I-35)."""
        origin = self.addresses.url(provider.zone.subdomain)
        return f"{origin}{CALLBACK_PATH}{provider.origin}"

    def opened(self, cookie: str, value: str, origin: str) -> tuple[Attempt, str]:
        """Return the attempt of the cookie, and its pending request; raise LogonInvalid.

        ``value`` is the parameter ``state``, ``origin`` that in the path of the callback.
        """
        attempt, pending = self.attempts.opened(cookie, value, self.clock.now())
        if not hmac.compare_digest(attempt.origin.encode(), origin.encode("utf-8", "replace")):
            raise LogonInvalid("the callback is of another provider")
        return attempt, pending

    def verified(self, attempt: Attempt, parameters: Sequence[tuple[str, str]]) -> VerifiedLogon:
        """Return the logon that the parameters of the callback prove.

        Raises LogonInvalid, ProviderDenied, ProviderUnavailable, and GrantRefused if the claims do
        not name a user.
        """
        state = self.transactions.read(
            lambda store: usable_provider(store, attempt.zone_guid, attempt.origin)
        )
        if not attempt.is_of(state.provider):
            raise LogonInvalid("the attempt began at another provider")
        budget = Budget(LOGON_SECONDS, attempt.zone_guid)
        endpoints = self._endpoints(state, budget)
        code = code_in(parameters, endpoints)
        return self.logon_with(state, endpoints, attempt, code, budget)

    def logon_with(
        self,
        state: ProviderState,
        endpoints: Endpoints,
        attempt: Attempt,
        code: str,
        budget: Budget,
    ) -> VerifiedLogon:
        """Return the logon that the code proves; raise as ``verified``."""
        configuration = state.configuration
        form = {"code": code, "redirect_uri": self.redirect_uri(state.provider)}
        if uses_challenge(configuration, endpoints, has_secret=state.secret is not None):
            form["code_verifier"] = attempt.verifier
        tokens = request_tokens(self.http, endpoints, configuration, state.secret, form, budget)
        expected = Expected(
            endpoints.issuer,
            configuration.relying_party_id,
            attempt.nonce,
            tokens.access_token,
            attempt.max_age,
            authenticated_after=attempt.started_at if attempt.is_fresh else None,
        )
        claims = self.claims(state, endpoints, tokens.id_token, expected, budget)
        complete = with_userinfo(
            self.http, endpoints, configuration, claims, tokens.access_token, budget
        )
        identity = identity_of(configuration, complete)
        return VerifiedLogon(
            state,
            complete,
            identity,
            tokens.id_token,
            _session(claims.get("sid")),
            snapshot_of(identity, self.clock.now()),
        )

    def claims(
        self,
        state: ProviderState,
        endpoints: Endpoints,
        token: str,
        expected: Expected,
        budget: Budget,
    ) -> dict[str, Any]:
        """Return the claims of an id token of the provider; raise LogonInvalid."""

        def find_keys(key_id: str | None, algorithm: str) -> Sequence[PublicKey]:
            return self.keys.of(
                endpoints.keys,
                key_id,
                algorithm,
                budget,
                is_cached=state.configuration.cache_jwks,
            )

        return verified_claims(token, expected, find_keys, self.clock.now())

    def user_of(self, logon: VerifiedLogon) -> User:
        """Return the user, found or created; raise GrantRefused and LogonInvalid."""

        def work(store: LogonStore) -> User:
            require_unchanged(store, logon.state)
            provider = logon.state.provider
            return LogonAtProvider(self.transactions, self.clock).within(
                store, provider.zone, logon.state.policy, logon.identity
            )

        return self.transactions.run(work)

    def active_with_issuer(self, zone: Zone, issuer: str) -> ProviderState | None:
        """Return the one active provider of the zone with this issuer (I-120)."""

        def read(store: LogonStore) -> ProviderState | None:
            found = [
                each
                for each in store.providers.of_zone(zone)
                if each.is_active and not each.is_local and each.issuer == issuer
            ]
            return state_of(store, found[0]) if len(found) == 1 else None

        return self.transactions.read(read)

    def _endpoints(self, state: ProviderState, budget: Budget) -> Endpoints:
        return self.discovery.of(state.configuration, budget, has_users=state.has_users)


def _session(value: object) -> str | None:
    is_usable = isinstance(value, str) and 0 < len(value) <= _MAX_SESSION and value.isprintable()
    return str(value) if is_usable else None
