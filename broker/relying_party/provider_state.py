"""The current state of a provider: record, client secret, and whether it has users (D-46)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from broker.errors import LogonInvalid
from broker.identity.administered_zone import administered_zone
from broker.identity.logon import ProviderPolicy
from broker.identity.providers.configuration import ProviderConfiguration, parse_configuration

if TYPE_CHECKING:
    from broker.identity.providers.provider import Provider
    from broker.relying_party.ports import LogonStore


@dataclass(frozen=True)
class ProviderState:
    """What a request to the provider, or a logon at it, depends on."""

    provider: Provider
    secret: str | None = field(repr=False)
    has_users: bool

    @cached_property
    def configuration(self) -> ProviderConfiguration:
        """The configuration; raises InvalidRequest if the record is damaged."""
        return parse_configuration(self.provider.configuration)

    @property
    def policy(self) -> ProviderPolicy:
        """The rules for its users."""
        return ProviderPolicy(
            self.provider.origin,
            creates_users=self.configuration.add_shadow_user_on_login,
            has_trusted_names=self.configuration.trusted_user_names,
        )


def usable_provider(store: LogonStore, zone_name: str, origin: str) -> ProviderState:
    """Return the active provider of the zone.

    Raises LogonInvalid if it does not exist or is inactive (I-45), NotFound and StateConflict for
    a zone without users.
    """
    return state_of(store, store.providers.find(administered_zone(store, zone_name), origin))


def state_of(
    store: LogonStore, provider: Provider | None, *, is_active: bool = True
) -> ProviderState:
    """Return the state of the record; raise LogonInvalid without one.

    ``is_active``: whether the provider must be active.
    """
    if provider is None or provider.is_local or (is_active and not provider.is_active):
        raise LogonInvalid("the provider does not exist or is inactive")
    has_users = store.users.has_of_origin(provider.zone, provider.origin)
    return ProviderState(provider, store.providers.secret(provider), has_users)


def require_unchanged(store: LogonStore, state: ProviderState) -> None:
    """Raise LogonInvalid if the provider was changed since its response was verified."""
    now = store.providers.find(state.provider.zone, state.provider.origin)
    before = state.provider
    if now is None or (now.row_id, now.version, now.is_active) != (
        before.row_id,
        before.version,
        True,
    ):
        raise LogonInvalid("the provider was changed during the logon")
