"""Stores the declarations of a descriptor: references and roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from broker.authorization.application_references import (
    broken_references,
    requested_references,
    unreachable,
)
from broker.authorization.collections.declared import (
    Dropped,
    RolesInUse,
    taken,
    taken_violations,
)
from broker.authorization.collections.ports import WithDeclaredCollections
from broker.authorization.declared_settings import declared_settings
from broker.authorization.ports import (
    WithClientSettings,
    WithHeldNames,
    WithReferences,
    WithRoles,
)
from broker.authorization.roles import declared_roles
from broker.descriptor.consistency import too_long_scopes
from broker.descriptor.declarations import declarations
from broker.descriptor.parse import SUBJECT
from broker.descriptor.token_size import too_large_authorities
from broker.errors import InvalidRequest, Violation
from broker.identity.ports import WithZones

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from broker.authorization.collections.model import Use
    from broker.authorization.reference import Reference
    from broker.authorization.roles import DeclaredRoles
    from broker.clock import Clock
    from broker.descriptor.declarations import Declaration
    from broker.descriptor.model import Descriptor
    from broker.identity.zone import ZoneDirectory
    from broker.instances.model import Instance
    from broker.redirects.policy import RedirectPolicy


class DeclareStore(
    WithZones,
    WithReferences,
    WithHeldNames,
    WithRoles,
    WithDeclaredCollections,
    WithClientSettings,
    Protocol,
):
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
class Effects:
    """Notes on declarations without effect, and the role collections in use that were dropped."""

    notes: list[str] = field(default_factory=list)
    dropped: Dropped = Dropped()  # noqa: RUF009 - immutable


@dataclass(frozen=True, slots=True)
class Declare:
    """Validates a descriptor against its zone and stores its declarations."""

    zones: ZoneDirectory
    redirects: RedirectPolicy
    clock: Clock

    def __call__(
        self,
        repositories: DeclareStore,
        instance: Instance,
        declared: Declared | None,
        *,
        is_new: bool = False,
    ) -> Effects:
        """Replace the instance's declarations with the descriptor's.

        Identical declarations keep their pins and row ids. ``is_new``: the transaction created the
        instance, which has no declarations. Raises InvalidRequest, and ForbiddenChange for a
        change of role collections in use.
        """
        effects = Effects()
        if declared is not None:
            if broken := list(self._violations(repositories, instance, declared, is_new=is_new)):
                raise InvalidRequest(broken, subject=SUBJECT)
            dropped = self._store(repositories, instance, declared, is_checked=True, is_new=is_new)
            notes = [*unreachable(declared.references, self.zones), *dropped.notes()]
            effects = Effects(notes, dropped)
        self.resolve(repositories, instance)
        return effects

    def resolve(self, repositories: DeclareStore, instance: Instance) -> None:
        """Pin pending references to the instance; hold the names of both sides of its grants."""
        repositories.references.resolve_pending(instance)
        repositories.held_names.mark_granted(instance.client)

    def store(self, repositories: DeclareStore, instance: Instance, declared: Declared) -> None:
        """Store the declarations of a descriptor that was validated before.

        Role collections are omitted if another application has taken their names; those in use
        keep their roles.
        """
        self._store(repositories, instance, declared, is_checked=False)

    def _store(
        self,
        repositories: DeclareStore,
        instance: Instance,
        declared: Declared,
        *,
        is_checked: bool,
        is_new: bool = False,
    ) -> Dropped:
        client, roles = instance.client, declared.roles
        references = requested_references(
            declared.references, instance, repositories.zones, self.zones, self.clock
        )
        stored: list[Reference] = []
        dropped = Dropped()
        if not is_new:
            stored = [each.reference for each in repositories.references.of(client)]
            in_use = RolesInUse(repositories, client, stored)
            if is_checked:
                force = declared.descriptor.force
                dropped = in_use.require_unchanged(roles.collections, references, force=force)
            else:
                names = [collection.name for collection in roles.collections]
                roles = roles.without_collections(taken(repositories, client, names))
                references = in_use.with_stored(references)
        # Before and after: both lost and new grants must take effect (D-36).
        if any(each.is_grant for each in stored):
            self._advance_grantee_zones(repositories, instance)
        repositories.references.replace(instance, references, is_new=is_new)
        if any(each.is_grant for each in references):
            self._advance_grantee_zones(repositories, instance)
        repositories.roles.replace(client, roles, is_new=is_new)
        repositories.zones.roles_changed(client.zone)
        settings = declared_settings(instance.plan, declared.descriptor)
        repositories.client_settings.write(client.row_id, client.epoch, settings)
        return dropped

    def withdraw(self, repositories: DeclareStore, instance: Instance) -> Use:
        """End the instance's grants in other zones and the use of its role collections.

        To be called before its deletion; returns the numbers of assignments and mappings (I-154).
        """
        self._advance_grantee_zones(repositories, instance)
        repositories.zones.roles_changed(instance.client.zone)
        return repositories.declared_collections.end_use(instance.client)

    def _advance_grantee_zones(self, repositories: DeclareStore, instance: Instance) -> None:
        for zone in repositories.references.zones_of_grantees(instance.client):
            if zone != instance.client.zone:
                repositories.zones.grants_changed(zone)

    def _violations(
        self, repositories: DeclareStore, instance: Instance, declared: Declared, *, is_new: bool
    ) -> Iterator[Violation]:
        descriptor = declared.descriptor
        yield from too_long_scopes(descriptor, instance.client.app_id)
        yield from too_large_authorities(descriptor, instance.client.app_id)
        yield from broken_references(declared.references, instance, repositories.references)
        yield from self.redirects.violations(descriptor.oauth2_configuration.redirect_uris)
        names = [collection.name for collection in descriptor.role_collections]
        yield from taken_violations(repositories, instance.client, names, is_new=is_new)
        if not is_new:
            yield from self._custom_roles(repositories, instance, declared)

    def _custom_roles(
        self, repositories: DeclareStore, instance: Instance, declared: Declared
    ) -> Iterator[Violation]:
        """Yield default roles whose names are those of custom roles of the template."""
        if not declared.roles.templates:
            return
        custom = repositories.roles.custom_roles(instance.client)
        for index, template in enumerate(declared.roles.templates):
            if (template.name, template.default_role) in custom:
                yield Violation(
                    f"role-templates[{index}].default-role-name",
                    f'an administrator made a role "{template.default_role}" of this template',
                    "another name",
                )
