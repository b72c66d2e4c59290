"""Stores the declarations of a descriptor: references and roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.authorization.application_references import (
    broken_references,
    requested_references,
    unreachable,
)
from broker.authorization.ports import WithHeldNames, WithReferences, WithRoles
from broker.authorization.roles import declared_roles
from broker.descriptor.consistency import too_long_scopes
from broker.descriptor.declarations import declarations
from broker.descriptor.parse import SUBJECT
from broker.descriptor.token_size import too_large_authorities
from broker.errors import InvalidRequest, Violation
from broker.identity.ports import WithZones

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from broker.authorization.roles import DeclaredRoles
    from broker.clock import Clock
    from broker.descriptor.declarations import Declaration
    from broker.descriptor.model import Descriptor
    from broker.identity.zone import ZoneDirectory
    from broker.instances.model import Instance
    from broker.redirects.policy import RedirectPolicy


class DeclareStore(WithZones, WithReferences, WithHeldNames, WithRoles, Protocol):
    """The store of declarations and of the zones that they affect."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A descriptor with its declarations, derived before a transaction locks the zone."""

    descriptor: Descriptor
    references: Sequence[Declaration]
    roles: DeclaredRoles

    @classmethod
    def of(cls, descriptor: Descriptor) -> Declared:
        """Derive the declarations."""
        return cls(descriptor, tuple(declarations(descriptor)), declared_roles(descriptor))


@dataclass(frozen=True, slots=True)
class Declare:
    """Validates a descriptor against its zone and stores its declarations."""

    zones: ZoneDirectory
    redirects: RedirectPolicy
    clock: Clock

    def __call__(
        self, repositories: DeclareStore, instance: Instance, declared: Declared | None
    ) -> list[str]:
        """Replace the instance's declarations with the descriptor's; raise InvalidRequest.

        Identical declarations keep their pins and row ids. Return a note for each declaration
        without effect.
        """
        notes = []
        if declared is not None:
            if broken := list(self._violations(repositories, instance, declared)):
                raise InvalidRequest(broken, subject=SUBJECT)
            self.store(repositories, instance, declared)
            notes = unreachable(declared.references, self.zones)
        self.resolve(repositories, instance)
        return notes

    def resolve(self, repositories: DeclareStore, instance: Instance) -> None:
        """Pin pending references to the instance; hold the names of both sides of its grants."""
        repositories.references.resolve_pending(instance)
        repositories.held_names.mark_granted(instance.client)

    def store(self, repositories: DeclareStore, instance: Instance, declared: Declared) -> None:
        """Store the declarations of a descriptor that was validated before.

        Role collections are omitted if another application has taken their names.
        """
        names = [collection.name for collection in declared.roles.collections]
        taken = repositories.roles.collections_of_others(instance.client, names) if names else ()
        references = requested_references(
            declared.references, instance, repositories.zones, self.zones, self.clock
        )
        # Before and after: both lost and new grants must take effect (D-36).
        self._advance_grantee_zones(repositories, instance)
        repositories.references.replace(instance, references)
        self._advance_grantee_zones(repositories, instance)
        repositories.roles.replace(instance.client, declared.roles.without_collections(taken))

    def withdraw(self, repositories: DeclareStore, instance: Instance) -> None:
        """End the instance's grants in other zones, before its deletion."""
        self._advance_grantee_zones(repositories, instance)

    def _advance_grantee_zones(self, repositories: DeclareStore, instance: Instance) -> None:
        for zone in repositories.references.zones_of_grantees(instance.client):
            if zone != instance.client.zone:
                repositories.zones.grants_changed(zone)

    def _violations(
        self, repositories: DeclareStore, instance: Instance, declared: Declared
    ) -> Iterator[Violation]:
        descriptor = declared.descriptor
        yield from too_long_scopes(descriptor, instance.client.app_id)
        yield from too_large_authorities(descriptor, instance.client.app_id)
        yield from broken_references(declared.references, instance, repositories.references)
        yield from self.redirects.violations(descriptor.oauth2_configuration.redirect_uris)
        names = [collection.name for collection in descriptor.role_collections]
        taken = repositories.roles.collections_of_others(instance.client, names)
        for index, name in enumerate(names):
            if name in taken:
                yield Violation(
                    f"role-collections[{index}].name",
                    f"Role Collection {name} already exists in this subaccount."
                    " Please choose a different name.",
                    "a name that no other role collection in this zone has",
                )
