"""Store interfaces for identity providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from broker.audit.ports import WithAudit
from broker.identity.administered_zone import ZoneStore
from broker.identity.built_in_roles import HoldersByProvider
from broker.identity.providers.provider import Provider
from broker.identity.users.protection import Administrators
from broker.identity.zone import Zone
from broker.transactions import Locks


class ProviderStore(Protocol):
    """Stores identity providers."""

    def of_zone(self, zone_: Zone) -> Sequence[Provider]:
        """Return the records of the zone, sorted by origin."""

    def find(self, zone_: Zone, origin: str) -> Provider | None:
        """Return the record of the zone's provider with this origin."""

    def add(self, provider: Provider, secret: str | None) -> None:
        """Insert the record; ``secret`` is the client secret at the provider."""

    def change(self, provider: Provider) -> None:
        """Store name, state, configuration and version."""

    def set_secret(self, provider: Provider, secret: str | None) -> None:
        """Replace or delete the client secret."""

    def end_logons(self, provider: Provider) -> None:
        """End the sessions, codes and tokens of the provider's users (D-59)."""

    def remove(self, provider: Provider) -> int:
        """Delete the record and the role mappings of its origin; return the number of those.

        The zone's default identity provider is unset if it was this one.
        """

    def count_mappings(self, zone_: Zone, origin: str) -> int:
        """Return the number of role mappings of the origin."""


class UsersOfOrigin(Protocol):
    """Counts and deletes the users of a provider."""

    def count_of_origin(self, zone_: Zone, origin: str) -> int:
        """Return the number of the zone's users of this origin."""

    def remove_of_origin(self, zone_: Zone, origin: str) -> int:
        """Delete the zone's users of this origin (I-46); return how many."""


class AdministratorsByOrigin(Administrators, HoldersByProvider, Protocol):
    """Knows the administrators of zones and their origins, and holders of built-in roles."""

    def administrators_are_of(self, zone_: Zone, origin: str) -> bool:
        """Return whether users of this origin are the zone's only administrators."""


class ProvidersTransaction(WithAudit, ZoneStore, Locks, Protocol):
    """The store of the administration of providers."""

    @property
    def providers(self) -> ProviderStore:
        """The repository of identity providers."""

    @property
    def users(self) -> UsersOfOrigin:
        """The repository of users."""

    @property
    def assignments(self) -> AdministratorsByOrigin:
        """The repository of role assignments."""
