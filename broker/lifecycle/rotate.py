"""In-place rotation of an instance secret, with an overlap that accepts both (D-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.errors import InstanceNotFound, InvalidRequest
from broker.lifecycle.events import instance_event
from broker.lifecycle.issuing.instance_secret import INSTANCE_SECRET, new_instance_secret
from broker.lifecycle.ports import WithInstances, WithInstanceSecrets
from broker.transactions import Locks

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.instances.model import Instance, SecretState
    from broker.transactions import Transactions


class RotateStore(Locks, WithInstances, WithInstanceSecrets, WithAudit, Protocol):
    """The store of a rotation."""


@dataclass(frozen=True, slots=True)
class Rotate:
    """Rotates instance secrets for operators; at most two generations are accepted."""

    transactions: Transactions[RotateStore]
    clock: Clock

    def state(self, instance_id: str) -> SecretState:
        """Return the secret's metadata; raise InstanceNotFound, InvalidRequest without a secret."""
        return self.transactions.read(lambda store: _secret_of(store, instance_id)[1])

    def rotate(self, caller: Actor, instance_id: str, overlap: timedelta) -> datetime | None:
        """Replace the secret; return until when the previous one is accepted, None for no overlap.

        Bindings return the new secret immediately. Raises InstanceNotFound, InvalidRequest.
        """
        return self.transactions.run(
            lambda store: self._rotate(store, caller, instance_id, overlap)
        )

    def revoke_previous(self, caller: Actor, instance_id: str) -> None:
        """Revoke the previous secret immediately; raise InstanceNotFound, InvalidRequest."""
        self.transactions.run(lambda store: self._revoke(store, caller, instance_id))

    def _rotate(
        self, repositories: RotateStore, caller: Actor, instance_id: str, overlap: timedelta
    ) -> datetime | None:
        repositories.lock(instance_id)
        instance, state = _secret_of(repositories, instance_id)
        now = self.clock.now()
        if state.previous_until is not None and now < state.previous_until and overlap:
            raise InvalidRequest.at(
                "overlap",
                "the previous secret of an earlier rotation is accepted until"
                f" {state.previous_until:%Y-%m-%d %H:%M}Z",
                "one rotation at a time; end the earlier one with: secrets revoke --previous",
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
        return until

    def _revoke(self, repositories: RotateStore, caller: Actor, instance_id: str) -> None:
        repositories.lock(instance_id)
        instance, state = _secret_of(repositories, instance_id)
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


def _secret_of(repositories: RotateStore, instance_id: str) -> tuple[Instance, SecretState]:
    instance = repositories.instances.find(instance_id)
    if instance is None:
        raise InstanceNotFound
    state = repositories.instance_secrets.state(instance.client)
    listed = INSTANCE_SECRET in instance.client.credential_types
    if state is None or not listed:
        raise InvalidRequest.at(
            "service instance",
            "has no instance secret" if listed else "does not list instance-secret",
            "one with an instance secret; the first binding of that type creates it",
        )
    return instance, state
