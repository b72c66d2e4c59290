"""Rotation and revocation of credentials beside the platform, in one zone or in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from broker.credentials.registry import is_shared
from broker.errors import BindingNotFound, StateConflict
from broker.identity.administered_zone import WithTenants
from broker.instances.model import BindingSummary, Instance
from broker.lifecycle.overview.next_step import NextStep, after_revocation, after_rotation
from broker.lifecycle.ownership import locked_instance
from broker.lifecycle.unbind import UnbindStore, remove_binding

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.lifecycle.rotate import Rotate
    from broker.transactions import Transactions


class ChangeStore(UnbindStore, WithTenants, Protocol):
    """The store of revocations."""


@dataclass(frozen=True, slots=True)
class RotatedSecret:
    """Until when the previous secret is accepted, None for no longer, and what follows."""

    instance: Instance
    previous_until: datetime | None
    next_step: NextStep


@dataclass(frozen=True, slots=True)
class RevokedCredential:
    """A binding whose credential was revoked, and what follows."""

    instance: Instance
    binding: BindingSummary
    next_step: NextStep


@dataclass(frozen=True, slots=True)
class ChangeCredentials:
    """Changes credentials of instances, whatever their platform.

    ``zone`` is the GUID of the zone whose instances are found, None for all zones. All methods
    raise InstanceNotFound, and StateConflict for a zone with several tenants (D-53). A successor is
    never returned: the platform delivers it (D-48).
    """

    transactions: Transactions[ChangeStore]
    clock: Clock
    rotation: Rotate

    def rotate(
        self, actor: Actor, zone: str | None, instance_id: str, overlap: timedelta
    ) -> RotatedSecret:
        """Rotate the instance secret; raise InvalidRequest without one, or during an overlap."""
        rotated = self.rotation.rotate(actor, instance_id, overlap, zone)
        instance = rotated.instance
        return RotatedSecret(instance, rotated.previous_until, after_rotation(instance))

    def revoke_previous(self, actor: Actor, zone: str | None, instance_id: str) -> Instance:
        """Revoke the secret from before a rotation; raise InvalidRequest without one."""
        return self.rotation.revoke_previous(actor, instance_id, zone)

    def revoke(
        self, actor: Actor, zone: str | None, instance_id: str, binding_id: str
    ) -> RevokedCredential:
        """Revoke the credential of a binding: every host refuses its very next use.

        The binding is deleted, as by an unbind of its platform, whose own unbind finds it gone.
        Raises BindingNotFound, and StateConflict for a binding with the shared instance secret.
        """

        def work(store: ChangeStore) -> RevokedCredential:
            instance = locked_instance(store, zone, instance_id)
            is_possible = binding_id.isprintable()
            binding = store.bindings.find(instance, binding_id) if is_possible else None
            if binding is None:
                raise BindingNotFound
            if is_shared(binding.credential_type):
                raise StateConflict(
                    f"The bindings with {binding.credential_type} of a service instance share one"
                    " secret. Rotate the instance secret without overlap instead, or remove the"
                    " type from credential-types with an update."
                )
            remove_binding(store, actor, instance, binding, self.clock.now())
            summary = BindingSummary(binding_id, binding.credential_type, binding.app_guid)
            return RevokedCredential(instance, summary, after_revocation(instance, summary))

        return self.transactions.run(work)
