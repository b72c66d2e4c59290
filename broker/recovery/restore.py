"""Applies a reconciliation to a restored database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import Actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.authorization.ports import WithHeldNames
from broker.errors import BindingNotFound, InstanceNotFound
from broker.identity.ports import WithZones
from broker.lifecycle.events import instance_event
from broker.lifecycle.issuing.instance_secret import delist_instance_secret
from broker.lifecycle.ports import WithBindings, WithCredentials, WithInstances, WithInstanceSecrets
from broker.lifecycle.requests import DeleteRequest
from broker.recovery.reconcile import RestoredBinding
from broker.tokens.ports import WithRevokedTokens
from broker.transactions import Locks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from broker.clock import Clock
    from broker.instances.model import Instance
    from broker.lifecycle.deprovision import Deprovision
    from broker.lifecycle.unbind import Unbind
    from broker.recovery.reconcile import Reconciliation
    from broker.recovery.restore_collections import RestoreCollections
    from broker.recovery.restore_users import RestoreUsers
    from broker.transactions import Transactions


class RestoreStore(
    Locks,
    WithInstances,
    WithBindings,
    WithCredentials,
    WithInstanceSecrets,
    WithZones,
    WithHeldNames,
    WithRevokedTokens,
    WithAudit,
    Protocol,
):
    """The repositories that a reconciliation uses."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Applies a reconciliation; skips what is deleted already, so that it can be repeated."""

    transactions: Transactions[RestoreStore]
    clock: Clock
    unbind: Unbind
    deprovision: Deprovision
    restore_users: RestoreUsers
    restore_collections: RestoreCollections

    def bindings(self) -> list[RestoredBinding]:
        """Return every binding of every platform."""
        return self.transactions.read(
            lambda found: [
                RestoredBinding(instance.platform, instance.instance_id, binding.binding_id)
                for instance in found.instances.all()
                for binding in found.bindings.summaries(instance)
            ]
        )

    def __call__(self, caller: Actor, plan: Reconciliation) -> Iterator[str]:
        """Apply the plan; yield a message for each change and each refused one."""
        # Bindings and grants since the backup are unknown (D-55).
        self.transactions.run(lambda store: store.held_names.mark_all())
        yield from self._delete(caller, plan)
        yield from self._revoke_secrets(caller, plan)
        yield from self._revoke_tokens(caller, plan)
        yield from self.restore_users(caller, plan.users)
        yield from self.restore_collections(caller, plan.collections)

    def _delete(self, caller: Actor, plan: Reconciliation) -> Iterator[str]:
        for instance_id in sorted(plan.instances):
            if (instance := self._instance(instance_id)) is not None:
                self.deprovision(_deletion(caller, instance))
                yield f"Deleted service instance {instance_id}."
        for instance_id, binding_id in sorted(plan.bindings):
            instance = self._instance(instance_id)
            if instance is None:
                continue
            try:
                self.unbind(_deletion(caller, instance, binding_id))
            except (BindingNotFound, InstanceNotFound):
                continue
            yield f"Deleted binding {binding_id} of {instance_id}."

    def _revoke_secrets(self, caller: Actor, plan: Reconciliation) -> Iterator[str]:
        for instance_id, types in sorted(plan.types.items()):
            if self._set_types(caller, instance_id, types):
                yield f"Set the credential types of {instance_id} to {', '.join(types)} again."
        for instance_id in sorted(plan.secrets):
            if self._delete_secret(caller, instance_id):
                yield (
                    f"Deleted the instance secret of {instance_id}: it was rotated after the"
                    " backup. Bind its applications again."
                )
        for instance_id in sorted(plan.previous_secrets):
            if self._revoke_previous(caller, instance_id):
                yield f"Revoked the previous secret of {instance_id} again."

    def _revoke_tokens(self, caller: Actor, plan: Reconciliation) -> Iterator[str]:
        # All tokens of a client first, because that deletes the revocations of single tokens.
        for client_id, times in sorted(plan.clients.items()):
            if self._revoke(caller, client_id, times=times):
                yield f"Revoked all tokens of {client_id} again."
        by_client: dict[str, dict[str, datetime]] = {}
        for token_id, (client_id, until) in plan.tokens.items():
            by_client.setdefault(client_id, {})[token_id] = until
        for client_id, tokens in sorted(by_client.items()):
            if self._revoke(caller, client_id, tokens=tokens):
                yield f"Revoked tokens of {client_id} again: {', '.join(sorted(tokens))}."

    def _instance(self, instance_id: str) -> Instance | None:
        return self.transactions.read(lambda found: found.instances.find(instance_id))

    def _set_types(self, caller: Actor, instance_id: str, types: tuple[str, ...]) -> bool:
        def within(repositories: RestoreStore) -> bool:
            repositories.lock(instance_id)
            instance = repositories.instances.find(instance_id)
            if instance is None or instance.client.credential_types == types:
                return False
            client, now = instance.client, self.clock.now()
            delist_instance_secret(repositories.credentials, client, types, now)
            repositories.zones.grants_changed(client.zone)
            changed = replace(client, credential_types=types, epoch=client.epoch + 1)
            restored = replace(instance, client=changed, updated_at=now)
            repositories.instances.change(restored, is_declared=False)
            repositories.audit.append(
                instance_event(
                    Action.UPDATE,
                    caller,
                    instance,
                    now,
                    credential_types=types,
                    previous_credential_types=client.credential_types,
                    after_restore=True,
                )
            )
            return True

        return self.transactions.run(within)

    def _delete_secret(self, caller: Actor, instance_id: str) -> bool:
        def within(repositories: RestoreStore) -> bool:
            repositories.lock(instance_id)
            instance = repositories.instances.find(instance_id)
            if instance is None or repositories.instance_secrets.state(instance.client) is None:
                return False
            repositories.instance_secrets.remove(instance.client)
            now = self.clock.now()
            repositories.audit.append(
                instance_event(Action.ROTATE_SECRET, caller, instance, now, after_restore=True)
            )
            return True

        return self.transactions.run(within)

    def _revoke_previous(self, caller: Actor, instance_id: str) -> bool:
        def within(repositories: RestoreStore) -> bool:
            repositories.lock(instance_id)
            instance = repositories.instances.find(instance_id)
            if instance is None:
                return False
            state = repositories.instance_secrets.state(instance.client)
            if state is None or state.previous_until is None:
                return False
            repositories.instance_secrets.forget_previous(instance.client)
            action, now = Action.REVOKE_PREVIOUS_SECRET, self.clock.now()
            repositories.audit.append(
                instance_event(action, caller, instance, now, after_restore=True)
            )
            return True

        return self.transactions.run(within)

    def _revoke(
        self,
        caller: Actor,
        client_id: str,
        *,
        times: int = 0,
        tokens: Mapping[str, datetime] | None = None,
    ) -> bool:
        """Revoke all tokens of the client ``times`` times, and ``tokens`` by id and expiry.

        Return False if the client no longer exists.
        """

        def within(repositories: RestoreStore) -> bool:
            instance = next(
                (
                    each
                    for each in repositories.instances.all()
                    if each.client.client_id == client_id
                ),
                None,
            )
            if instance is None:
                return False
            now, revoked = self.clock.now(), repositories.issued_tokens
            for _ in range(times):
                revoked.revoke_all(instance.client)
            for token_id, until in (tokens or {}).items():
                if until > now:
                    revoked.revoke(instance.client, token_id, expires_at=until, now=now)
            repositories.audit.append(
                AuditEvent(
                    Action.REVOKE_TOKENS,
                    caller,
                    Subject(SubjectKind.CLIENT, client_id),
                    now,
                    {
                        **({"all_tokens": True} if times else {"tokens": len(tokens or {})}),
                        "after_restore": True,
                    },
                    zone_guid=instance.client.zone.guid,
                    instance_id=instance.instance_id,
                )
            )
            return True

        return self.transactions.run(within)


def _deletion(caller: Actor, instance: Instance, binding_id: str = "") -> DeleteRequest:
    on_platform = replace(caller, platform=instance.platform)
    return DeleteRequest(
        on_platform, instance.instance_id, instance.service_id, instance.plan_id, binding_id
    )
