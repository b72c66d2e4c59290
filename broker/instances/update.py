"""Update: a complete new descriptor replaces the old one (D-05)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.credentials.registry import SECRET_KINDS
from broker.descriptor.model import CredentialType, Descriptor
from broker.descriptor.names import AppId
from broker.descriptor.parse import parse_with_notes
from broker.errors import ForbiddenChange, InvalidRequest
from broker.instances.audit import Action, AuditEvent
from broker.instances.authorities import own_authorities
from broker.instances.ownership import owned_instance
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.instances.model import Instance, UpdateRequest
    from broker.instances.ports import Repositories, Transactions

KEPT_TYPES = (
    "The descriptor names no oauth2-configuration.credential-types; the instance keeps: {types}."
)


@dataclass(frozen=True, slots=True)
class Update:
    """Changes service instances."""

    transactions: Transactions
    clock: Clock
    relist_within: timedelta

    def __call__(self, request: UpdateRequest) -> list[str]:
        """Apply the update, all or nothing; return sentences for the user, often none.

        Raises InstanceNotFound, InvalidRequest, ForbiddenChange.
        """
        return self.transactions.run(lambda found: self._within(found, request))

    def _within(self, repositories: Repositories, request: UpdateRequest) -> list[str]:
        repositories.lock(request.instance_id)
        instance = owned_instance(repositories, request.caller, request.instance_id)
        _refuse_other_plan(instance, request)
        if request.context:
            instance = replace(instance, context={**instance.context, **request.context})
        notes: list[str] = []
        if request.parameters:
            if instance.plan is Plan.APIACCESS:
                raise InvalidRequest.at(
                    "parameters",
                    "parameters for plan apiaccess",
                    "none: this plan takes no xs-security.json",
                )
            descriptor, notes = parse_with_notes(request.parameters)
            _refuse_immutable(instance, descriptor)
            changed = self._changed(instance, request, descriptor)
            self._keep_instance_secret_in_step(repositories, instance, changed)
            if descriptor.credential_types is None:
                notes.append(KEPT_TYPES.format(types=", ".join(changed.client.credential_types)))
            instance = changed
        now = self.clock.now()
        repositories.instances.change(replace(instance, updated_at=now))
        repositories.zones.grants_changed(instance.client.zone)
        repositories.audit.append(
            AuditEvent(Action.UPDATE, request.caller, request.instance_id, "", now)
        )
        return notes

    def _changed(
        self, instance: Instance, request: UpdateRequest, descriptor: Descriptor
    ) -> Instance:
        client = instance.client
        app_id = AppId(instance.xsappname, instance.plan.letter, client.zone.index)
        return replace(
            instance,
            parameters=dict(request.parameters),
            client=replace(
                client,
                credential_types=descriptor.credential_types or client.credential_types,
                authorities=own_authorities(instance.plan, app_id, descriptor),
                grant_types=descriptor.grant_types,
                token_validity=descriptor.token_validity,
                epoch=client.epoch + 1,
            ),
        )

    def _keep_instance_secret_in_step(
        self, repositories: Repositories, before: Instance, after: Instance
    ) -> None:
        """A de-listed instance secret may come back for a while; later a new one is made (D-02)."""
        instance_secret = CredentialType.INSTANCE_SECRET
        was = instance_secret in before.client.credential_types
        now_is = instance_secret in after.client.credential_types
        now = self.clock.now()
        if was and not now_is:
            repositories.credentials.delist_instance_secret(after.client, now)
        elif now_is and not was:
            oldest = now - self.relist_within
            if repositories.credentials.drop_instance_secret(after.client, delisted_before=oldest):
                new = SECRET_KINDS[instance_secret].mint("")
                repositories.credentials.add_instance_secret(after.client, new, now)
            else:
                repositories.credentials.relist_instance_secret(after.client)


def _refuse_other_plan(instance: Instance, request: UpdateRequest) -> None:
    if request.service_id != instance.service_id:
        raise InvalidRequest.at(
            "service_id", "another service than the instance's", instance.service_id
        )
    if request.plan_id is not None and request.plan_id != instance.plan_id:
        raise ForbiddenChange(
            f"The plan of a service instance cannot be changed; this one is of plan"
            f" {instance.plan}. Create a new service instance with the other plan."
        )


def _refuse_immutable(instance: Instance, descriptor: Descriptor) -> None:
    if descriptor.xsappname != instance.xsappname:
        letter, index = instance.plan.letter, instance.client.zone.index
        new = AppId(descriptor.xsappname, letter, index)
        raise ForbiddenChange(
            f"Cannot change AppId with update. Old AppId: {instance.client.app_id} New AppId: {new}"
        )
    if descriptor.tenant_mode is not instance.tenant_mode:
        raise ForbiddenChange(
            f"tenant-mode: cannot change from {instance.tenant_mode} to {descriptor.tenant_mode}"
            " with an update; delete and re-create the service instance."
        )
