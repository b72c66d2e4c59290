"""Bind: a binding or service key gets the credential that the instance's types say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action, AuditEvent
from broker.audit.ports import WithAudit
from broker.credentials.choose import choose_type
from broker.credentials.registry import SECRET_KINDS
from broker.descriptor.model import CredentialType
from broker.descriptor.parse import parse_binding_parameters
from broker.errors import AlreadyExists, InvalidRequest
from broker.ids import guid_for, new_row_id
from broker.instances.model import Binding, Instance
from broker.lifecycle.certificate_bindings import (
    CertificateBindings,
    CertificateBindingStore,
    KeyNeeded,
    refuse_certificate_parameters,
)
from broker.lifecycle.equality import same_json
from broker.lifecycle.ownership import owned_instance, require_same_plan
from broker.lifecycle.payload import SECRET_FIELD, Payloads, complete_payload
from broker.lifecycle.ports import WithCredentials, WithInstances
from broker.lifecycle.requests import BindRequest
from broker.transactions import Locks

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from broker.clock import Clock
    from broker.credentials.envelope import Payload
    from broker.transactions import Transactions


class BindStore(
    Locks, WithInstances, WithCredentials, WithAudit, CertificateBindingStore, Protocol
):
    """What a bind touches."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The binding, its credentials object, and whether this very call created it."""

    binding: Binding
    payload: Payload
    created: bool


@dataclass(frozen=True, slots=True)
class Bind:
    """Creates bindings and service keys."""

    transactions: Transactions[BindStore]
    clock: Clock
    payloads: Payloads
    certificates: CertificateBindings
    mints_instance_secrets: bool
    max_bindings: int

    def __call__(self, request: BindRequest) -> Bound:
        """Create the binding, or find it unchanged with the same credentials (D-06).

        Raises InstanceNotFound, InvalidRequest, AlreadyExists.
        """
        key: RSAPrivateKey | None = None
        while True:
            try:
                return self.transactions.run(partial(self._within, request=request, key=key))
            except KeyNeeded as needed:
                # Made outside of the transaction: nobody else waits for it meanwhile (D-20).
                key = self.certificates.keys.key(needed.bits)

    def _within(
        self, repositories: BindStore, request: BindRequest, key: RSAPrivateKey | None
    ) -> Bound:
        repositories.lock(request.instance_id)
        instance = owned_instance(repositories, request.caller, request.instance_id)
        if request.service_id is not None and request.plan_id is not None:
            require_same_plan(instance, request.service_id, request.plan_id)
        binding = repositories.bindings.find(instance, request.binding_id)
        created = binding is None
        if binding is None:
            inheriting = self._inheriting(repositories, instance, request)
            binding = self._create(repositories, inheriting, instance, key)
        elif not _same(binding, request):
            raise AlreadyExists(
                "A service binding with this id exists already and has other attributes."
            )
        action, now = Action.BIND if created else Action.READ_CREDENTIALS, self.clock.now()
        repositories.audit.append(
            AuditEvent(action, request.caller, request.instance_id, request.binding_id, now)
        )
        payload = complete_payload(repositories, instance, binding, now)
        return Bound(binding, payload, created)

    def _inheriting(
        self, repositories: BindStore, instance: Instance, request: BindRequest
    ) -> BindRequest:
        """Return the request with its predecessor's parameters where it has none (OSB-ROT-05)."""
        if request.predecessor_id is None:
            return request
        predecessor = repositories.bindings.find(instance, request.predecessor_id)
        if predecessor is None:
            raise InvalidRequest.at(
                "predecessor_binding_id",
                f'"{request.predecessor_id}" is no binding of this service instance',
                "the id of the existing binding that the new one replaces",
            )
        if predecessor.expires_at is not None and predecessor.expires_at <= self.clock.now():
            raise InvalidRequest.at(
                "predecessor_binding_id",
                f'the credentials of "{request.predecessor_id}" have expired',
                "a binding that is still valid (OSB-ROT-03), or a new binding without predecessor",
            )
        return replace(request, parameters=request.parameters or predecessor.parameters)

    def _create(
        self,
        repositories: BindStore,
        request: BindRequest,
        instance: Instance,
        key: RSAPrivateKey | None,
    ) -> Binding:
        parameters = parse_binding_parameters(request.parameters)
        self._refuse_too_many(repositories.bindings.count(instance))
        type_ = choose_type(
            parameters.credential_type,
            instance.client.credential_types,
            mints_instance_secrets=self.mints_instance_secrets,
        )
        now = self.clock.now()
        binding = Binding(
            row_id=new_row_id(),
            instance_row_id=instance.row_id,
            binding_id=request.binding_id,
            credential_type=type_,
            parameters=dict(request.parameters),
            app_guid=request.app_guid,
            predecessor_id=request.predecessor_id,
            payload=self.payloads.build(instance, type_),
            created_at=now,
        )
        if type_ is CredentialType.X509:
            return self.certificates.add(repositories, instance, binding, parameters, key)
        refuse_certificate_parameters(parameters, type_)
        if type_ is CredentialType.INSTANCE_SECRET:
            self._ensure_instance_secret(repositories, instance)
            repositories.bindings.add(binding)
            return binding
        secret = SECRET_KINDS[type_].mint(
            guid_for(request.binding_id, request.instance_id, request.binding_id)
        )
        if not parameters.hide_secret:
            binding.payload[SECRET_FIELD] = secret.text
        repositories.bindings.add(binding)
        repositories.credentials.add_binding_secret(instance.client, binding, secret, now)
        return binding

    def _refuse_too_many(self, count: int) -> None:
        if count >= self.max_bindings:
            raise InvalidRequest.at(
                "service binding",
                f"this service instance has {count} bindings and service keys already",
                f"at most {self.max_bindings}; delete those that are not needed",
            )

    def _ensure_instance_secret(self, repositories: BindStore, instance: Instance) -> None:
        """Make the instance secret when the first binding needs it (H-46)."""
        if repositories.credentials.instance_secret(instance.client) is None:
            secret = SECRET_KINDS[CredentialType.INSTANCE_SECRET].mint("")
            repositories.credentials.add_instance_secret(instance.client, secret, self.clock.now())


def _same(existing: Binding, request: BindRequest) -> bool:
    """Compare; a successor that was asked for without parameters has inherited its own."""
    inherited = request.predecessor_id is not None and not request.parameters
    return (
        existing.app_guid == request.app_guid
        and existing.predecessor_id == request.predecessor_id
        and (inherited or same_json(existing.parameters, request.parameters))
    )
