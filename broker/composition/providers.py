"""The composition of logons at identity providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authorization.collections.mapped import MappedCollections
from broker.clock import SystemClock
from broker.composition.addresses import addresses_of
from broker.composition.administration import open_command_store
from broker.credentials.browser_values import BrowserValues
from broker.errors import ConfigurationError
from broker.relying_party.attempt import Attempts
from broker.relying_party.discovery import Discovery
from broker.relying_party.keys import ProviderKeys
from broker.relying_party.logon import ProviderLogon
from broker.relying_party.network.http import ProviderHttp
from broker.relying_party.network.slots import RequestSlots
from broker.relying_party.network.targets import TargetRules
from broker.relying_party.trial import LogonTrial
from broker.runtime.turn import Turn
from broker.store.database.faults import translating
from broker.store.transactions import StoreTransactions

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.clock import Clock
    from broker.settings.model import Settings
    from broker.store.sealing.data_keys import DataKeys


def provider_logon(  # noqa: PLR0913, PLR0917 - its dependencies
    settings: Settings,
    transactions: StoreTransactions,
    keys: DataKeys,
    addresses: Addresses,
    clock: Clock,
    turn: Turn,
) -> ProviderLogon:
    """Return the service, one per process: it has the limits and caches of all requests.

    Requests release ``turn`` while they wait for a provider. Raises ConfigurationError if the file
    of CA certificates cannot be used.
    """
    http = ProviderHttp(
        TargetRules(
            settings.provider_addresses,
            frozenset(settings.provider_ports),
            settings.provider_proxy_hosts,
            allows_loopback=settings.mode == "dev",
        ),
        RequestSlots(max(2, settings.threads // 2), waiting=settings.threads // 4),
        None if settings.provider_ca_file is None else str(settings.provider_ca_file),
        settings.provider_proxy.get_secret_value(),
        waiting=turn.released,
    )
    if settings.provider_ca_file is not None:
        try:
            http.check_trust()
        except (OSError, ValueError):
            raise ConfigurationError(
                f"XSUAA_PROVIDER_CA_FILE: {settings.provider_ca_file} must be a PEM file of CA"
                " certificates"
            ) from None
    return ProviderLogon(
        transactions,
        http,
        Discovery(http),
        ProviderKeys(http),
        Attempts(BrowserValues(keys)),
        addresses,
        clock,
    )


def open_trial(settings: Settings) -> tuple[LogonTrial, MappedCollections]:
    """Return the services of the command that tries a provider; raise ConfigurationError."""
    store = open_command_store(settings)
    with translating():
        store.keys.load()
    transactions = StoreTransactions(store.engine, store.keys)
    logon = provider_logon(
        settings, transactions, store.keys, addresses_of(settings), SystemClock(), Turn()
    )
    return LogonTrial(logon), MappedCollections(transactions)
