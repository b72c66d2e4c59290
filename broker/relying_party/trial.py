"""A trial of a provider: a logon that shows what would be stored, and stores nothing."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from broker.errors import InvalidRequest
from broker.identity.administered_zone import administered_zone
from broker.relying_party.attempt import Attempt
from broker.relying_party.callback import code_in
from broker.relying_party.logon import LOGON_SECONDS
from broker.relying_party.network.connection import Budget
from broker.relying_party.provider_state import state_of

if TYPE_CHECKING:
    from broker.relying_party.discovery import Endpoints
    from broker.relying_party.logon import ProviderLogon, VerifiedLogon
    from broker.relying_party.ports import LogonStore
    from broker.relying_party.provider_state import ProviderState

MAX_ADDRESS: Final = 16_384
"""Characters of the address of the callback."""

_MAX_FIELDS = 50


@dataclass(frozen=True, slots=True, repr=False)
class Trial:
    """A trial that waits for the response of the provider; ``url`` is where it begins."""

    state: ProviderState
    endpoints: Endpoints
    attempt: Attempt
    url: str


@dataclass(frozen=True, slots=True)
class LogonTrial:
    """Tries a provider; it may be inactive."""

    logon: ProviderLogon

    def begin(self, zone_name: str, origin: str) -> Trial:
        """Return the trial; raise NotFound, LogonInvalid and ProviderUnavailable."""
        logon = self.logon

        def read(store: LogonStore) -> ProviderState:
            zone = administered_zone(store, zone_name)
            return state_of(store, store.providers.find(zone, origin), is_active=False)

        state = logon.transactions.read(read)
        endpoints = logon.discovery.of(
            state.configuration, Budget(LOGON_SECONDS), has_users=state.has_users
        )
        attempt = Attempt.at(state.provider, logon.clock.now())
        return Trial(state, endpoints, attempt, logon.url(state, endpoints, attempt, attempt.state))

    def finish(self, trial: Trial, address: str) -> VerifiedLogon:
        """Return the verified logon; ``address`` is the URL to which the provider redirected.

        Raises InvalidRequest for another address, and the errors of a logon.
        """
        query = urlsplit(address).query if len(address) <= MAX_ADDRESS else ""
        try:
            parameters = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        except ValueError:
            parameters = []
        states = [value for name, value in parameters if name == "state"]
        if len(states) != 1 or not hmac.compare_digest(
            states[0].encode("utf-8", "replace"), trial.attempt.state.encode()
        ):
            raise InvalidRequest.at(
                "address", "an address without the state of this test", "that of the last page"
            )
        code = code_in(parameters, trial.endpoints)
        return self.logon.logon_with(
            trial.state, trial.endpoints, trial.attempt, code, Budget(LOGON_SECONDS)
        )
