"""The ``credentials`` object of a binding, as SAP's libraries expect it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.descriptor.model import CredentialType, TenantMode

Payload = dict[str, Any]
"""Strings, and for certificates also booleans."""


@dataclass(frozen=True, slots=True)
class PayloadFacts:
    """The values of the payload about the client, its zone and its instance."""

    client_id: str
    app_id: str
    tenant_mode: TenantMode
    zone_guid: str
    zone_subdomain: str
    verification_key: str
    credential_type: CredentialType
    service_instance_id: str | None


def build_payload(facts: PayloadFacts, addresses: Addresses) -> Payload:
    """Return the payload without secrets and certificate members."""
    payload: Payload = {
        "apiurl": addresses.api_url,
        "clientid": facts.client_id,
        "credential-type": facts.credential_type.value,
        "identityzone": facts.zone_subdomain,
        "identityzoneid": facts.zone_guid,
        "sburl": addresses.api_url,
        "subaccountid": facts.zone_guid,
        "tenantid": facts.zone_guid,
        "tenantmode": facts.tenant_mode.value,
        "uaadomain": addresses.domain,
        "url": addresses.url(facts.zone_subdomain),
        "verificationkey": facts.verification_key,
        "xsappname": facts.app_id,
        "zoneid": facts.zone_guid,
    }
    if facts.service_instance_id is not None:
        payload["serviceInstanceId"] = facts.service_instance_id
    return payload
