"""Bind: create a binding or service key with a credential of one of the instance's types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.authorization.ports import WithHeldNames
from broker.credentials.choose import choose_type
from broker.descriptor.parse import parse_binding_parameters
from broker.errors import AlreadyExists, InvalidRequest
from broker.ids import new_row_id
from broker.instances.model import Binding, Instance
from broker.lifecycle.equality import same_json
from broker.lifecycle.events import binding_event
from broker.lifecycle.issuing.issuer import IssuerStore, KeyNeeded, NewBinding
from broker.lifecycle.issuing.payload import Payloads, complete_payload
from broker.lifecycle.ownership import owned_instance, require_same_plan
from broker.lifecycle.ports import WithInstances
from broker.lifecycle.requests import BindRequest
from broker.transactions import Locks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from broker.clock import Clock
    from broker.credentials.envelope import Payload
    from broker.descriptor.model import CredentialType
    from broker.lifecycle.issuing.issuer import Issuer
    from broker.pki.keys import KeyMaker
    from broker.transactions import Transactions


class BindStore(Locks, WithInstances, WithHeldNames, IssuerStore, Protocol):
    """The store of a bind."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The binding, its credentials object, and whether this call created it."""

    binding: Binding
    payload: Payload
    created: bool


@dataclass(frozen=True, slots=True)
class Bind:
    """Creates bindings and service keys."""

    transactions: Transactions[BindStore]
    clock: Clock
    payloads: Payloads
    issuers: Mapping[CredentialType, Issuer]
    keys: KeyMaker
    mints_instance_secrets: bool
    max_bindings: int

    def __call__(self, request: BindRequest) -> Bound:
        """Create the binding, or return an identical existing one with its credentials (D-06).

        Raises InstanceNotFound, InvalidRequest, AlreadyExists.
        """
        key: RSAPrivateKey | None = None
        while True:
            try:
                return self.transactions.run(
                    partial(self._in_transaction, request=request, key=key)
                )
            except KeyNeeded as needed:
                # Generated outside the transaction, so that no other request waits for it (D-20).
                key = self.keys.key(needed.bits)

    def _in_transaction(
        self, repositories: BindStore, request: BindRequest, key: RSAPrivateKey | None
    ) -> Bound:
        repositories.lock(request.instance_id)
        instance = owned_instance(repositories, request.caller, request.instance_id)
        if request.service_id is not None and request.plan_id is not None:
            require_same_plan(instance, request.service_id, request.plan_id)
        binding = repositories.bindings.find(instance, request.binding_id)
        created = binding is None
        if binding is None:
            with_parameters = self._with_inherited_parameters(repositories, instance, request)
            binding = self._create(repositories, with_parameters, instance, key)
            repositories.held_names.mark(instance.client)
        elif not _same(binding, request):
            raise AlreadyExists(
                "A service binding with this id already exists and has other attributes."
            )
        action, now = Action.BIND if created else Action.READ_CREDENTIALS, self.clock.now()
        repositories.audit.append(
            binding_event(
                action,
                request.caller,
                instance,
                request.binding_id,
                now,
                credential_type=binding.credential_type,
            )
        )
        payload = complete_payload(repositories, instance, binding, now)
        return Bound(binding, payload, created)

    def _with_inherited_parameters(
        self, repositories: BindStore, instance: Instance, request: BindRequest
    ) -> BindRequest:
        """Return the request, with its predecessor's parameters if it has none (OSB-ROT-05)."""
        if request.predecessor_id is None:
            return request
        predecessor = repositories.bindings.find(instance, request.predecessor_id)
        if predecessor is None:
            raise InvalidRequest.at(
                "predecessor_binding_id",
                f'"{request.predecessor_id}" is not a binding of this service instance',
                "the id of the existing binding that the new one replaces",
            )
        if predecessor.expires_at is not None and predecessor.expires_at <= self.clock.now():
            raise InvalidRequest.at(
                "predecessor_binding_id",
                f'the credentials of "{request.predecessor_id}" have expired',
                "a binding that is still valid (OSB-ROT-03), or no predecessor",
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
        new = NewBinding(instance, binding, parameters, request.caller)
        return self.issuers[type_].issue(repositories, new, key)

    def _refuse_too_many(self, count: int) -> None:
        if count >= self.max_bindings:
            raise InvalidRequest.at(
                "service binding",
                f"this service instance already has {count} bindings and service keys",
                f"at most {self.max_bindings}; delete unused ones",
            )


def _same(existing: Binding, request: BindRequest) -> bool:
    """Compare; a successor requested without parameters has inherited its parameters."""
    inherited = request.predecessor_id is not None and not request.parameters
    return (
        existing.app_guid == request.app_guid
        and existing.predecessor_id == request.predecessor_id
        and (inherited or same_json(existing.parameters, request.parameters))
    )
