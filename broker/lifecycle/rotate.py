"""In-place rotation of an instance secret, with an overlap that accepts both (D-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.clock import utc_text
from broker.errors import InvalidRequest
from broker.instances.model import Instance
from broker.lifecycle.events import instance_event
from broker.lifecycle.issuing.instance_secret import INSTANCE_SECRET, new_instance_secret
from broker.lifecycle.ownership import LockedZoneInstances, locked_instance, visible_instance
from broker.lifecycle.ports import WithInstanceSecrets

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.instances.model import SecretState
    from broker.transactions import Transactions


class RotateStore(LockedZoneInstances, WithInstanceSecrets, WithAudit, Protocol):
    """The store of a rotation."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The instance, and until when its previous secret is accepted; None for no overlap."""

    instance: Instance
    previous_until: datetime | None


@dataclass(frozen=True, slots=True)
class Rotate:
    """Rotates instance secrets; at most two generations are accepted.

    ``zone`` is the GUID of the only zone whose instances are found, None for all zones.
    """

    transactions: Transactions[RotateStore]
    clock: Clock

    def state(self, instance_id: str) -> SecretState:
        """Return the secret's metadata; raise InstanceNotFound, InvalidRequest without a secret."""
        return self.transactions.read(
            lambda store: _secret_of(store, visible_instance(store, None, instance_id))
        )

    def rotate(
        self, caller: Actor, instance_id: str, overlap: timedelta, zone: str | None = None
    ) -> Rotated:
        """Replace the secret; the previous one is accepted for the time ``overlap``.

        Bindings return the new secret immediately. Raises InstanceNotFound, InvalidRequest, and
        StateConflict for a zone with several tenants.
        """
        return self.transactions.run(
            lambda store: self._rotate(store, caller, instance_id, overlap, zone)
        )

    def revoke_previous(self, caller: Actor, instance_id: str, zone: str | None = None) -> Instance:
        """Revoke the previous secret immediately; raises as ``rotate`` does."""
        return self.transactions.run(lambda store: self._revoke(store, caller, instance_id, zone))

    def _rotate(
        self,
        repositories: RotateStore,
        caller: Actor,
        instance_id: str,
        overlap: timedelta,
        zone: str | None,
    ) -> Rotated:
        instance = locked_instance(repositories, zone, instance_id)
        state = _secret_of(repositories, instance)
        now = self.clock.now()
        if state.previous_until is not None and now < state.previous_until and overlap:
            raise InvalidRequest.at(
                "overlap",
                "the previous secret of an earlier rotation is accepted until"
                f" {utc_text(state.previous_until)}",
                "one rotation at a time; end the earlier one with: secrets revoke",
            )
        until = now + overlap if overlap else None
        repositories.instance_secrets.rotate(instance, new_instance_secret(), now, until)
        repositories.audit.append(
            instance_event(
                Action.ROTATE_SECRET,
                caller,
                instance,
                now,
                previous_until=until.isoformat() if until else None,
            )
        )
        return Rotated(instance, until)

    def _revoke(
        self, repositories: RotateStore, caller: Actor, instance_id: str, zone: str | None
    ) -> Instance:
        instance = locked_instance(repositories, zone, instance_id)
        state = _secret_of(repositories, instance)
        if state.previous_until is None:
            raise InvalidRequest.at(
                "service instance",
                "no previous secret is accepted",
                "a service instance whose secret was rotated",
            )
        repositories.instance_secrets.forget_previous(instance.client)
        repositories.audit.append(
            instance_event(Action.REVOKE_PREVIOUS_SECRET, caller, instance, self.clock.now())
        )
        return instance


def _secret_of(repositories: RotateStore, instance: Instance) -> SecretState:
    state = repositories.instance_secrets.state(instance.client)
    listed = INSTANCE_SECRET in instance.client.credential_types
    if state is None or not listed:
        raise InvalidRequest.at(
            "service instance",
            "has no instance secret" if listed else "does not list instance-secret",
            "one with an instance secret; the first binding of that type creates it",
        )
    return state
