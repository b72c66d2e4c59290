"""Bindings with a client secret: their own, or the instance's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.ids import guid_for
from broker.lifecycle.issuing.instance_secret import ensure_instance_secret
from broker.lifecycle.issuing.issuer import IssuerStore, NewBinding, refuse_certificate_parameters
from broker.lifecycle.issuing.payload import SECRET_FIELD

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from broker.clock import Clock
    from broker.credentials.kind import SecretKind
    from broker.instances.model import Binding


@dataclass(frozen=True, slots=True)
class OwnSecrets:
    """Issues a separate secret for each binding."""

    kind: SecretKind
    clock: Clock

    def issue(self, store: IssuerStore, new: NewBinding, _key: RSAPrivateKey | None) -> Binding:
        """Insert the binding with its own secret, which the payload has unless hidden."""
        refuse_certificate_parameters(new)
        instance_id, binding_id = new.instance.instance_id, new.binding.binding_id
        secret = self.kind.mint(guid_for(binding_id, instance_id, binding_id))
        payload = new.binding.payload
        if not new.parameters.hide_secret:
            payload = {**payload, SECRET_FIELD: secret.text}
        binding = replace(new.binding, payload=payload)
        store.bindings.add(new.instance, binding)
        store.credentials.add_binding_secret(new.instance.client, binding, secret, self.clock.now())
        return binding


@dataclass(frozen=True, slots=True)
class SharedSecrets:
    """Issues the secret shared by all bindings of an instance."""

    clock: Clock

    def issue(self, store: IssuerStore, new: NewBinding, _key: RSAPrivateKey | None) -> Binding:
        """Insert the binding; the first one creates the instance's secret (H-46)."""
        refuse_certificate_parameters(new)
        ensure_instance_secret(store.credentials, new.instance, self.clock.now())
        store.bindings.add(new.instance, new.binding)
        return new.binding
