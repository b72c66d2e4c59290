"""Provision: create an instance with an OAuth client from a descriptor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.authorization.client_authorities import accepts_grants, own_authorities
from broker.authorization.collections.declared import FORCE
from broker.authorization.declare import Declared, DeclareStore
from broker.authorization.declared_settings import declared_settings
from broker.authorization.grant_types import resolved_grant_types
from broker.clock import utc_text
from broker.descriptor.apiaccess import parse_apiaccess
from broker.descriptor.model import CredentialType, Descriptor, TenantMode
from broker.descriptor.names import AppId
from broker.descriptor.parse import parse_with_notes
from broker.errors import AlreadyExists, InvalidRequest
from broker.identity.client import Client
from broker.ids import guid_for, new_row_id
from broker.instances.model import Instance
from broker.instances.plan import Plan
from broker.lifecycle.equality import same_json
from broker.lifecycle.events import instance_event
from broker.lifecycle.ports import WithInstances
from broker.lifecycle.requested import DRY_RUN, requests_dry_run
from broker.lifecycle.requests import ProvisionRequest
from broker.transactions import Locks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.declare import Declare
    from broker.clock import Clock
    from broker.identity.zone import Zone, ZoneDirectory
    from broker.transactions import Transactions


class ProvisionStore(Locks, WithInstances, WithAudit, DeclareStore, Protocol):
    """The store of a provision."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The instance, whether this call created it (201) or found it (200), and notes."""

    instance: Instance
    created: bool
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Provision:
    """Creates service instances."""

    transactions: Transactions[ProvisionStore]
    clock: Clock
    zones: ZoneDirectory
    declare: Declare
    default_types: tuple[CredentialType, ...]
    max_instances: int
    approves_apiaccess: bool = False
    """Whether new instances of plan apiaccess are approved at once, as in mode dev (D-57)."""

    def __call__(self, request: ProvisionRequest) -> Provisioned:
        """Create the instance, or return an identical existing one.

        Raises AlreadyExists, InvalidRequest.
        """
        try:
            descriptor, notes = _descriptor_of(request)
        except InvalidRequest as error:
            # OSB-PROV-04 takes precedence: parameters are checked by a new instance's plan only.
            # The rules may be stricter than when the existing instance was created.
            existing = self.transactions.read(lambda store: _existing(store, request))
            if existing is None:
                if requests_dry_run(request.parameters):
                    error.add_prefix(DRY_RUN)
                raise
            return Provisioned(existing, created=False)
        declared = None if descriptor is None else Declared.of(descriptor)
        provisioned = self.transactions.run(
            lambda store: self._in_transaction(store, request, declared)
        )
        return replace(provisioned, notes=[*notes, *provisioned.notes])

    def _in_transaction(
        self, repositories: ProvisionStore, request: ProvisionRequest, declared: Declared | None
    ) -> Provisioned:
        repositories.lock(request.instance_id)
        existing = repositories.instances.find(request.instance_id)
        if existing is not None:
            if not _same(existing, request):
                raise _conflict()
            return Provisioned(existing, created=False)
        now = self.clock.now()
        key = self.zones.key(request.caller.platform, request.context, request.organization_guid)
        zone = repositories.zones.find_or_create(key, now)
        # Also locks the zone: no instance is added between count and insert.
        repositories.zones.grants_changed(zone)
        self._refuse_too_many(repositories.instances.count(zone))
        descriptor = None if declared is None else declared.descriptor
        instance = replace(self._new_instance(request, descriptor, zone), tenant=key.tenant)
        if repositories.instances.app_id_taken(instance.client.app_id):
            raise InvalidRequest.at(
                "xsappname",
                f"Application with xsappname {instance.client.app_id} already exists.",
                "a name that no other service instance of this organization,"
                " subaccount or namespace has",
            )
        _refuse_held_name(repositories, instance)
        repositories.instances.add(instance)
        if declared is None:
            settings = declared_settings(instance.plan, None)
            client = instance.client
            repositories.client_settings.write(client.row_id, client.epoch, settings)
        notes = self.declare(repositories, instance, declared, is_new=True).notes
        if instance.plan is Plan.APIACCESS and not instance.is_approved:
            notes.append(approval_note(instance))
        repositories.audit.append(
            instance_event(
                Action.PROVISION,
                request.caller,
                instance,
                now,
                plan=instance.plan,
                app_id=instance.client.app_id,
                credential_types=instance.client.credential_types,
            )
        )
        return Provisioned(instance, created=True, notes=notes)

    def _refuse_too_many(self, count: int) -> None:
        if count >= self.max_instances:
            raise InvalidRequest.at(
                "service instance",
                f"this organization or namespace already has {count} service instances",
                f"at most {self.max_instances}; delete an unused one",
            )

    def _new_instance(
        self, request: ProvisionRequest, descriptor: Descriptor | None, zone: Zone
    ) -> Instance:
        now = self.clock.now()
        xsappname = descriptor.xsappname if descriptor else _unnamed(request.instance_id)
        app_id = AppId(xsappname, request.plan.letter, zone.index)
        is_approved = self.approves_apiaccess and request.plan is Plan.APIACCESS
        return Instance(
            row_id=new_row_id(),
            instance_id=request.instance_id,
            platform=request.caller.platform,
            client=Client(
                row_id=new_row_id(),
                zone=zone,
                client_id=app_id.client_id,
                app_id=str(app_id),
                service_instance_guid=request.instance_id,
                credential_types=self._types(request.plan, descriptor),
                authorities=own_authorities(
                    request.plan, app_id, descriptor, is_approved=is_approved
                ),
                grant_types=resolved_grant_types(request.plan, descriptor),
                token_validity=descriptor.token_validity if descriptor else None,
                accepts_grants=accepts_grants(descriptor),
                epoch=1,
            ),
            service_id=request.service_id,
            plan_id=request.plan_id,
            plan=request.plan,
            xsappname=xsappname,
            tenant_mode=descriptor.tenant_mode if descriptor else TenantMode.DEDICATED,
            parameters=dict(request.parameters),
            organization_guid=request.organization_guid,
            space_guid=request.space_guid,
            context=dict(request.context),
            created_at=now,
            updated_at=now,
            approved_at=now if is_approved else None,
        )

    def _types(self, plan: Plan, descriptor: Descriptor | None) -> tuple[CredentialType, ...]:
        """Return the types to store; a later change of the default does not affect them (D-01)."""
        if plan is Plan.APIACCESS:
            return (CredentialType.BINDING_SECRET,)
        return (descriptor and descriptor.credential_types) or self.default_types


def _existing(repositories: ProvisionStore, request: ProvisionRequest) -> Instance | None:
    """Return an identical instance, if there is one.

    Raises AlreadyExists if the id is that of an instance of another service or plan.
    """
    existing = repositories.instances.find(request.instance_id)
    requested = (request.service_id, request.plan_id)
    if existing is not None and (existing.service_id, existing.plan_id) != requested:
        raise _conflict()
    return existing if existing is not None and _same(existing, request) else None


def _conflict() -> AlreadyExists:
    return AlreadyExists("A service instance with this id already exists and has other attributes.")


def _refuse_held_name(repositories: ProvisionStore, instance: Instance) -> None:
    """Raise InvalidRequest while a deleted application's tokens may be valid (D-30)."""
    until = repositories.held_names.held_from(
        instance.client.app_id, instance.space, instance.created_at
    )
    if until is not None:
        raise InvalidRequest.at(
            "xsappname",
            f"{instance.client.app_id} belonged to a deleted service instance of another space,"
            f" whose tokens may remain valid until {utc_text(until)}",
            "another name, the same space, or a later time; the operator can release the name",
        )


def approval_note(instance: Instance) -> str:
    """Return the note on the approval that an instance of plan apiaccess needs (D-57)."""
    client = instance.client
    return (
        "Tokens contain only uaa.resource until the operator or an administrator of the zone"
        f" approves this service instance: applications approve {client.app_id}"
        f" --zone {client.zone.subdomain}."
    )


def _unnamed(instance_id: str) -> str:
    """Return the xsappname of an instance without a descriptor (H-04)."""
    return f"na-{guid_for(instance_id, 'instance', instance_id)}"


def _descriptor_of(request: ProvisionRequest) -> tuple[Descriptor | None, list[str]]:
    if not request.parameters:
        return None, []
    if request.plan is Plan.APIACCESS:
        return parse_apiaccess(
            request.parameters, _unnamed(request.instance_id), for_new_instance=True
        )
    descriptor, notes = parse_with_notes(request.parameters, for_new_instance=True)
    if descriptor.dry_run:
        raise InvalidRequest.at(
            "dry-run",
            "only an update can be a dry run",
            'no such key here; the command "descriptor check" checks a file',
        )
    if descriptor.force:
        raise InvalidRequest.at(
            FORCE,
            "only an update can drop role collections in use",
            "no such key here",
        )
    return descriptor, notes


def _same(existing: Instance, request: ProvisionRequest) -> bool:
    """Compare with the current state: a PUT repeated after an update conflicts (OSB-AMB-06)."""
    return (
        existing.platform == request.caller.platform
        and existing.service_id == request.service_id
        and existing.plan_id == request.plan_id
        and existing.organization_guid == request.organization_guid
        and existing.space_guid == request.space_guid
        and same_json(existing.parameters, request.parameters)
    )
