"""Takes away again what a restored backup brought back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.descriptor.model import CredentialType
from broker.errors import BindingNotFound, InstanceNotFound
from broker.instances.audit import Action, AuditEvent
from broker.instances.model import Caller, DeleteRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.clock import Clock
    from broker.instances.deprovision import Deprovision
    from broker.instances.model import Instance
    from broker.instances.ports import Repositories, Transactions
    from broker.instances.reconcile import Reconciliation
    from broker.instances.unbind import Unbind


@dataclass(frozen=True, slots=True)
class Restore:
    """Carries out a reconciliation; what is gone already is passed over, so it may be repeated."""

    transactions: Transactions
    clock: Clock
    unbind: Unbind
    deprovision: Deprovision

    def bindings(self) -> list[tuple[str, str]]:
        """Return instance id and binding id of every binding."""
        return self.transactions.read(
            lambda found: [
                (instance.instance_id, binding_id)
                for instance in found.instances.all()
                for binding_id, _ in found.bindings.types_of(instance)
            ]
        )

    def __call__(self, caller: Caller, plan: Reconciliation) -> Iterator[str]:
        """Yield a sentence for each thing done."""
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
        for instance_id, types in sorted(plan.types.items()):
            known = tuple(CredentialType(name) for name in types)
            if self._set_types(caller, instance_id, known):
                yield f"Service instance {instance_id} lists {', '.join(types)} again."
        for instance_id in sorted(plan.secrets):
            if self._forget(caller, instance_id):
                yield (
                    f"The instance secret of {instance_id} was replaced after the backup and is"
                    " lost; its applications have to be bound again."
                )

    def _instance(self, instance_id: str) -> Instance | None:
        return self.transactions.read(lambda found: found.instances.find(instance_id))

    def _set_types(
        self, caller: Caller, instance_id: str, types: tuple[CredentialType, ...]
    ) -> bool:
        def within(repositories: Repositories) -> bool:
            repositories.lock(instance_id)
            instance = repositories.instances.find(instance_id)
            if instance is None or instance.client.credential_types == types:
                return False
            client, now = instance.client, self.clock.now()
            secret = CredentialType.INSTANCE_SECRET
            if secret in client.credential_types and secret not in types:
                repositories.credentials.delist_instance_secret(client, now)
            repositories.zones.grants_changed(client.zone)
            changed = replace(client, credential_types=types, epoch=client.epoch + 1)
            repositories.instances.change(replace(instance, client=changed, updated_at=now))
            repositories.audit.append(
                AuditEvent(Action.UPDATE, caller, instance_id, "", now, "after a restore")
            )
            return True

        return self.transactions.run(within)

    def _forget(self, caller: Caller, instance_id: str) -> bool:
        def within(repositories: Repositories) -> bool:
            repositories.lock(instance_id)
            instance = repositories.instances.find(instance_id)
            if instance is None or repositories.instance_secrets.state(instance.client) is None:
                return False
            repositories.instance_secrets.remove(instance.client)
            now = self.clock.now()
            repositories.audit.append(
                AuditEvent(Action.ROTATE_SECRET, caller, instance_id, "", now, "after a restore")
            )
            return True

        return self.transactions.run(within)


def _deletion(caller: Caller, instance: Instance, binding_id: str = "") -> DeleteRequest:
    on_its_platform = Caller(instance.platform, caller.identity, caller.correlation_id)
    return DeleteRequest(
        on_its_platform, instance.instance_id, instance.service_id, instance.plan_id, binding_id
    )
