"""The credentials object of one binding: built at bind, completed on every read."""

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
    """Builds and completes payloads."""

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
            # One field more makes the key usable by SAP's Terraform and Crossplane providers.
            payload["tokenurl"] = self.addresses.token_url(client.zone.subdomain)
        return payload


def complete_payload(
    repositories: WithCredentials, instance: Instance, binding: Binding, now: datetime
) -> Payload:
    """Return what the binding shows now: its payload, and the instance's secret if it is shared.

    An instance secret is kept once, with the instance: after a rotation all bindings show the new
    one (D-06). A binding made with ``hide-secret`` never shows it. The private key of a certificate
    that has expired is shown no more, whether it has been purged yet or not.
    """
    if binding.private_key_until is not None and binding.private_key_until <= now:
        return without_private_key(binding.payload)
    shared = is_shared(binding.credential_type)
    if not shared or hides_secret(binding):
        return binding.payload
    secret = repositories.credentials.instance_secret(instance.client)
    return {**binding.payload, SECRET_FIELD: secret} if secret else binding.payload


def without_private_key(payload: Payload) -> Payload:
    """Return the payload as it is left when its certificate has expired."""
    return {name: value for name, value in payload.items() if name != PRIVATE_KEY_FIELD}


def hides_secret(binding: Binding) -> bool:
    """Tell whether the binding was made with ``hide-secret``."""
    return binding.parameters.get(HIDE_SECRET) in {True, "true"}
