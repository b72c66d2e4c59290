"""The composition of the services that administer users, roles and providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.composition.administration import open_command_store
from broker.store.database.faults import translating
from broker.store.transactions import StoreTransactions

if TYPE_CHECKING:
    from broker.settings.model import Settings


@dataclass(frozen=True, slots=True)
class IdentityAdministration:
    """The services behind the commands on users, roles and providers."""

    transactions: StoreTransactions


def open_identity(settings: Settings) -> IdentityAdministration:
    """Return the services; raise ConfigurationError if the schema is not current."""
    store = open_command_store(settings)
    with translating():
        store.keys.load()
    return IdentityAdministration(StoreTransactions(store.engine, store.keys))
