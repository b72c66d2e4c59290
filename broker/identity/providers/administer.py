"""The administration of a zone's identity providers (I-30, I-31, I-46, D-46)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from broker.audit.event import Action
from broker.descriptor.paths import printable
from broker.errors import AlreadyExists, InvalidRequest, NotFound, StateConflict
from broker.identity.administered_zone import FindZone, administered_zone, lock_providers
from broker.identity.built_in_roles import require_change_of_provider
from broker.identity.providers.configuration import MAX_SECRET, parse_configuration
from broker.identity.providers.events import differences, provider_event, public_part
from broker.identity.providers.provider import OIDC, Provider, local_store
from broker.identity.providers.rules import (
    new_origin,
    require_same_recipient,
    require_supported,
    require_unfrozen,
    require_unique_issuer,
    valid_name,
)
from broker.identity.user import LOCAL_ORIGIN, canonical_origin
from broker.identity.users.protection import keeping_an_administrator
from broker.ids import new_row_id

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.providers.ports import ProvidersTransaction
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

SECRET: Final = "relyingPartySecret"  # noqa: S105 - a name
"""The member of a configuration with the client secret; it is never returned."""

_MAX_PROVIDERS = 100


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider with the numbers of its users and of the role mappings of its origin."""

    provider: Provider
    users: int = 0
    mappings: int = 0


@dataclass(frozen=True, slots=True)
class NewProvider:
    """A requested provider; without a name the origin is its name."""

    origin: str
    configuration: Mapping[str, Any]
    name: str = ""
    type: str = OIDC
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class ProviderChanges:
    """Requested changes; None keeps a value.

    ``configuration`` members replace those of the same name, null removes one; with ``replaces``
    it replaces the whole configuration.
    """

    name: str | None = None
    is_active: bool | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Providers:
    """Lists, adds, changes and deletes identity providers.

    ``allows_http``: whether a provider on this machine may use http, as in mode dev (I-33).
    """

    transactions: Transactions[ProvidersTransaction]
    clock: Clock
    allows_http: bool = False
    find_zone: FindZone = administered_zone

    def all(self, zone: str) -> Sequence[ProviderState]:
        """Return the zone's providers; the local store is always the first (I-13)."""
        return self.transactions.read(
            lambda store: [_state(store, each) for each in self._of_zone(store, zone)]
        )

    def records(self, zone: str) -> Sequence[Provider]:
        """Return the zone's providers without numbers, in the same order."""
        return self.transactions.read(lambda store: self._of_zone(store, zone))

    def one(self, zone: str, origin: str) -> ProviderState:
        """Return the provider; raise NotFound."""

        def read(store: ProvidersTransaction) -> ProviderState:
            return _state(store, _existing(store, self.find_zone(store, zone), origin))

        return self.transactions.read(read)

    def has_only_administrators(self, zone: str, origin: str) -> bool:
        """Return whether the zone's only administrators are users of the provider (I-160)."""
        return self.transactions.read(
            lambda store: store.assignments.administrators_are_of(
                in_zone := self.find_zone(store, zone), _existing(store, in_zone, origin).origin
            )
        )

    def add(self, actor: Actor, zone: str, new: NewProvider) -> Provider:
        """Add a provider.

        Raises InvalidRequest, NotFound, and AlreadyExists if the origin, or the issuer among active
        providers, is taken.
        """
        require_supported(new.type)
        origin, name = new_origin(new.origin), valid_name(new.name or new.origin)
        document, secret = self._parsed(new.configuration)

        def work(store: ProvidersTransaction) -> Provider:
            in_zone = self._locked_zone(store, zone)
            require_change_of_provider(actor, store.assignments, in_zone, origin)
            others = store.providers.of_zone(in_zone)
            if len(others) >= _MAX_PROVIDERS:
                raise StateConflict(f"The zone has {len(others)} identity providers, the maximum.")
            now = self.clock.now()
            provider = Provider(
                new_row_id(), in_zone, origin, new.type, name, now, now, new.is_active, document
            )
            if any(each.origin == origin for each in others):
                raise AlreadyExists(f"The zone has an identity provider {origin} already.")
            require_unique_issuer(provider, others)
            store.providers.add(provider, secret)
            details = public_part(provider) | {"has_secret": secret is not None}
            store.audit.append(
                provider_event(Action.CREATE_PROVIDER, actor, provider, now, details)
            )
            return replace(provider, has_secret=secret is not None)

        return self.transactions.run(work)

    def change(self, actor: Actor, zone: str, origin: str, changes: ProviderChanges) -> Provider:
        """Change a provider; the local store can only be renamed and switched on or off.

        An inactive provider ends the sessions and tokens of its users (I-45).

        While it has users, its issuer, endpoints and the mapping of the user name are frozen: they
        decide who is which user (D-46). A client secret stays with where it is sent: another issuer
        or token endpoint needs it again. Raises InvalidRequest, NotFound, AlreadyExists, and
        StateConflict also if the zone would lose its last administrator (I-160).
        """
        name = None if changes.name is None else valid_name(changes.name)

        def work(store: ProvidersTransaction) -> Provider:
            in_zone = self._locked_zone(store, zone)
            before, now = _existing(store, in_zone, origin), self.clock.now()
            require_change_of_provider(actor, store.assignments, in_zone, before.origin)
            document, secret = before.configuration, None
            if changes.configuration or changes.replaces:
                document, secret = self._changed(before, changes)
                require_unfrozen(
                    before, document, store.users.count_of_origin(in_zone, before.origin)
                )
                if secret is None and before.has_secret:
                    require_same_recipient(before, document, SECRET)
            after = replace(
                before,
                name=before.name if name is None else name,
                is_active=before.is_active if changes.is_active is None else changes.is_active,
                configuration=document,
            )
            is_new_secret = secret is not None
            is_switched_off = before.is_active and not after.is_active
            if after == before and not is_new_secret:
                return before
            require_unique_issuer(after, store.providers.of_zone(in_zone))
            after = replace(after, version=before.version + bool(before.row_id), updated_at=now)
            with keeping_an_administrator(store.assignments, actor, in_zone):
                if before.row_id:
                    store.providers.change(after)
                else:
                    after = replace(after, row_id=new_row_id(), created_at=now)
                    store.providers.add(after, None)
            if is_new_secret:
                store.providers.set_secret(after, secret)
                after = replace(after, has_secret=True)
            if is_switched_off:
                store.providers.end_logons(after)
            details = differences(before, after) | ({"new_secret": True} if is_new_secret else {})
            store.audit.append(provider_event(Action.CHANGE_PROVIDER, actor, after, now, details))
            return after

        return self.transactions.run(work)

    def delete(self, actor: Actor, zone: str, origin: str) -> ProviderState:
        """Delete a provider with its users and role mappings (I-46); return what was deleted.

        The users' sessions and tokens end with them. Raises NotFound, and StateConflict for the
        local store and if the zone would lose its last administrator (I-160).
        """

        def work(store: ProvidersTransaction) -> ProviderState:
            in_zone = self._locked_zone(store, zone)
            provider = _existing(store, in_zone, origin)
            if provider.is_local:
                raise StateConflict(
                    f"{LOCAL_ORIGIN} is the zone's own user store and cannot be deleted; set it to"
                    " inactive to switch it off for logon."
                )
            require_change_of_provider(actor, store.assignments, in_zone, provider.origin)
            with keeping_an_administrator(store.assignments, actor, in_zone):
                users = store.users.remove_of_origin(in_zone, provider.origin)
                mappings = store.providers.remove(provider)
            details = {**public_part(provider), "users": users, "mappings": mappings}
            now = self.clock.now()
            store.audit.append(
                provider_event(Action.DELETE_PROVIDER, actor, provider, now, details)
            )
            return ProviderState(provider, users, mappings)

        return self.transactions.run(work)

    def _of_zone(self, store: ProvidersTransaction, zone: str) -> Sequence[Provider]:
        in_zone = self.find_zone(store, zone)
        found = store.providers.of_zone(in_zone)
        local = next((each for each in found if each.is_local), local_store(in_zone))
        return [local, *(each for each in found if not each.is_local)]

    def _locked_zone(self, store: ProvidersTransaction, name: str) -> Zone:
        # Issuers and origins are compared with those of the other providers.
        zone = self.find_zone(store, name)
        lock_providers(store, zone)
        return zone

    def _changed(
        self, before: Provider, changes: ProviderChanges
    ) -> tuple[dict[str, Any], str | None]:
        if before.is_local:
            raise StateConflict(
                f"{LOCAL_ORIGIN} is the zone's own user store: it has a name and can be active or"
                " not, but no configuration."
            )
        base = {} if changes.replaces else before.configuration
        merged = {**base, **changes.configuration}
        kept = {key: value for key, value in merged.items() if value is not None}
        return self._parsed(kept)

    def _parsed(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
        """Return the configuration with its defaults, and the secret; raise InvalidRequest."""
        members = dict(given)
        secret = members.pop(SECRET, None)
        is_secret = isinstance(secret, str) and 0 < len(secret) <= MAX_SECRET
        if secret is not None and not (is_secret and secret.isprintable()):
            allowed = f"1 to {MAX_SECRET} printable characters"
            raise InvalidRequest.at(SECRET, "a value that is no secret", allowed)
        document = parse_configuration(members).document()
        for key, value in document.items():
            if not self.allows_http and isinstance(value, str) and value[:7].lower() == "http://":
                raise InvalidRequest.at(key, "http://", "https://")
        return document, secret


def _state(store: ProvidersTransaction, provider: Provider) -> ProviderState:
    zone, origin = provider.zone, provider.origin
    return ProviderState(
        provider,
        store.users.count_of_origin(zone, origin),
        store.providers.count_mappings(zone, origin),
    )


def _existing(store: ProvidersTransaction, zone: Zone, name: str) -> Provider:
    origin = canonical_origin(name[:64])
    found = store.providers.find(zone, origin)
    if found is None and origin == LOCAL_ORIGIN:
        return local_store(zone)
    if found is None:
        raise NotFound(
            f"Zone {zone.subdomain} has no identity provider {printable(name)}; the command"
            " providers list shows all."
        )
    return found
