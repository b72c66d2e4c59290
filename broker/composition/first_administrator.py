"""The user ``admin`` of a fresh developer's machine (I-24)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.audit.actor import system_actor
from broker.authentication.passwords.links import PasswordLinks
from broker.authorization.collections.create_administrator import CreateAdministrator
from broker.clock import SystemClock
from broker.composition.addresses import addresses_of
from broker.composition.administration import open_store, zone_directory
from broker.errors import AlreadyExists
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.identity.users.add import AddUser, NewUser
from broker.lifecycle.zones.ensure import EnsureZone
from broker.runtime.state_directory import generated_admin_password
from broker.settings.model import DEFAULT_PLATFORM
from broker.store.transactions import StoreTransactions

if TYPE_CHECKING:
    from broker.settings.model import Settings

NAME = "admin"
ORGANIZATION = "my-org"
"""The organization of the commands that ``serve`` prints."""


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """The user and its zone; ``password`` is None unless the user was created now."""

    zone: str
    url: str
    password: str | None


def ensure_first_administrator(settings: Settings) -> FirstAdministrator:
    """Create the organization's zone and its user ``admin``, unless they exist.

    The password is generated in the state directory. Raises ConfigurationError if the settings
    assign the organization to no zone.
    """
    store, clock = open_store(settings), SystemClock()
    try:
        store.keys.load()
        transactions, actor = StoreTransactions(store.engine, store.keys), system_actor("start")
        ensure_zone = EnsureZone(transactions, zone_directory(settings), clock)
        members = {"organization_guid": ORGANIZATION}
        zone, _ = ensure_zone(actor, DEFAULT_PLATFORM, members, ORGANIZATION)
        set_password = SetPassword(transactions, PasswordPolicy(settings.password_min_length))
        create = CreateAdministrator(
            transactions,
            AddUser(transactions, clock, set_password),
            set_password,
            PasswordLinks(transactions, store.keys, set_password),
        )
        password: str | None = generated_admin_password(settings.state_dir)
        try:
            create.of_zone(actor, zone.guid, NewUser(NAME), password)
        except AlreadyExists:
            password = None
        return FirstAdministrator(
            zone.subdomain, addresses_of(settings).url(zone.subdomain), password
        )
    finally:
        store.engine.dispose()
