"""Bind: a binding or service key gets the credential that the instance's types say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.credentials.choose import choose_type
from broker.credentials.registry import SECRET_KINDS
from broker.descriptor.model import CredentialType
from broker.descriptor.parse import parse_binding_parameters
from broker.errors import AlreadyExists
from broker.ids import guid_for, new_row_id
from broker.instances.equality import same_json
from broker.instances.model import Binding, BindRequest, Instance
from broker.instances.ownership import owned_instance, require_same_plan
from broker.instances.payload import SECRET_FIELD, Payloads, complete_payload

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.credentials.envelope import Payload
    from broker.descriptor.binding import BindingParameters
    from broker.instances.ports import Repositories, Transactions


@dataclass(frozen=True, slots=True)
class Bound:
    """The credentials object, and whether this very call created the binding."""

    payload: Payload
    created: bool


@dataclass(frozen=True, slots=True)
class Bind:
    """Creates bindings and service keys."""

    transactions: Transactions
    clock: Clock
    payloads: Payloads
    mints_instance_secrets: bool

    def __call__(self, request: BindRequest) -> Bound:
        """Create the binding, or find it unchanged with the same credentials (D-06).

        Raises InstanceNotFound, InvalidRequest, AlreadyExists.
        """
        parameters = parse_binding_parameters(request.parameters)
        return self.transactions.run(lambda found: self._within(found, request, parameters))

    def _within(
        self, repositories: Repositories, request: BindRequest, parameters: BindingParameters
    ) -> Bound:
        repositories.lock(request.instance_id)
        instance = owned_instance(repositories, request.platform, request.instance_id)
        require_same_plan(instance, request.service_id, request.plan_id)
        existing = repositories.bindings.find(instance, request.binding_id)
        if existing is not None:
            if not _same(existing, request):
                raise AlreadyExists(
                    "A service binding with this id exists already and has other attributes."
                )
            return Bound(complete_payload(repositories, instance, existing), created=False)
        type_ = choose_type(
            parameters.credential_type,
            instance.client.credential_types,
            mints_instance_secrets=self.mints_instance_secrets,
        )
        binding = self._create(repositories, request, parameters, instance, type_)
        return Bound(complete_payload(repositories, instance, binding), created=True)

    def _create(
        self,
        repositories: Repositories,
        request: BindRequest,
        parameters: BindingParameters,
        instance: Instance,
        type_: CredentialType,
    ) -> Binding:
        now = self.clock.now()
        payload = self.payloads.build(instance, type_)
        secret = None
        if type_ is CredentialType.INSTANCE_SECRET:
            self._ensure_instance_secret(repositories, instance)
        else:
            owner = guid_for(request.binding_id, request.instance_id, request.binding_id)
            secret = SECRET_KINDS[type_].mint(owner)
            if not parameters.hide_secret:
                payload[SECRET_FIELD] = secret.text
        binding = Binding(
            row_id=new_row_id(),
            instance_row_id=instance.row_id,
            binding_id=request.binding_id,
            credential_type=type_,
            parameters=dict(request.parameters),
            app_guid=request.app_guid,
            payload=payload,
            created_at=now,
        )
        repositories.bindings.add(binding)
        if secret is not None:
            repositories.credentials.add_binding_secret(instance.client, binding, secret, now)
        return binding

    def _ensure_instance_secret(self, repositories: Repositories, instance: Instance) -> None:
        """Make the instance secret when the first binding needs it (H-46)."""
        if repositories.credentials.instance_secret(instance.client) is None:
            secret = SECRET_KINDS[CredentialType.INSTANCE_SECRET].mint("")
            repositories.credentials.add_instance_secret(instance.client, secret, self.clock.now())


def _same(existing: Binding, request: BindRequest) -> bool:
    return existing.app_guid == request.app_guid and same_json(
        existing.parameters, request.parameters
    )
