"""The credentials object of a binding: built at bind, completed on every read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.credentials.envelope import Payload, PayloadFacts, build_payload
from broker.credentials.registry import is_shared
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from broker.addresses import Addresses
    from broker.descriptor.model import CredentialType
    from broker.instances.model import Binding, Instance
    from broker.lifecycle.ports import WithCredentials

HIDE_SECRET = "hide-secret"  # noqa: S105 - a parameter name
SECRET_FIELD = "clientsecret"  # noqa: S105 - a field name
PRIVATE_KEY_FIELD = "key"


@dataclass(frozen=True, slots=True)
class Payloads:
    """Builds the payloads of new bindings."""

    addresses: Addresses
    verification_key: Callable[[], str]
    with_service_instance_id: bool

    def build(self, instance: Instance, type_: CredentialType) -> Payload:
        """Return the payload of a new binding, without its secret."""
        client = instance.client
        payload = build_payload(
            PayloadFacts(
                client_id=client.client_id,
                app_id=client.app_id,
                tenant_mode=instance.tenant_mode,
                zone_guid=client.zone.guid,
                zone_subdomain=client.zone.subdomain,
                verification_key=self.verification_key(),
                credential_type=type_,
                service_instance_id=(
                    instance.instance_id if self.with_service_instance_id else None
                ),
            ),
            self.addresses,
        )
        if instance.plan is Plan.APIACCESS:
            # SAP's Terraform and Crossplane providers require this field.
            payload["tokenurl"] = self.addresses.token_url(client.zone.subdomain)
        return payload


def complete_payload(
    repositories: WithCredentials, instance: Instance, binding: Binding, now: datetime
) -> Payload:
    """Return the binding's current credentials: its payload, and the instance's shared secret.

    An instance secret is stored once per instance: after a rotation all bindings return the new one
    (D-06), except those created with ``hide-secret``. The private key of an expired certificate is
    omitted even before it is purged.
    """
    if binding.private_key_until is not None and binding.private_key_until <= now:
        return without_private_key(binding.payload)
    shared = is_shared(binding.credential_type)
    if not shared or hides_secret(binding):
        return binding.payload
    secret = repositories.credentials.instance_secret(instance)
    return {**binding.payload, SECRET_FIELD: secret} if secret else binding.payload


def without_private_key(payload: Payload) -> Payload:
    """Return the payload without the private key of its certificate."""
    return {name: value for name, value in payload.items() if name != PRIVATE_KEY_FIELD}


def other_owner(payload: object, client_id: str, instance_id: str) -> str:
    """Return how the payload contradicts client and service instance of its binding (D-52).

    Return '' if it does not; a setting omits the id of the service instance.
    """
    if not isinstance(payload, dict) or payload.get("clientid") != client_id:
        return f"its payload is not of client {client_id}"
    if payload.get("serviceInstanceId", instance_id) != instance_id:
        return f"its payload is not of service instance {instance_id}"
    return ""


def hides_secret(binding: Binding) -> bool:
    """Return whether the binding was created with ``hide-secret``."""
    return binding.parameters.get(HIDE_SECRET) in {True, "true"}
