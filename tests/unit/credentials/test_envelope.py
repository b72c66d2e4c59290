"""The credentials object of a binding: every member that SAP's libraries read."""

from __future__ import annotations

from dataclasses import replace

from broker.credentials.envelope import PayloadFacts, build_payload
from broker.descriptor.model import CredentialType, TenantMode
from tests.support.domain import ADDRESSES

FACTS = PayloadFacts(
    client_id="sb-app!t7",
    app_id="app!t7",
    tenant_mode=TenantMode.SHARED,
    zone_guid="0a1b2c3d-0000-4000-8000-000000000007",
    zone_subdomain="zone-7",
    verification_key="PEM",
    credential_type=CredentialType.X509,
    service_instance_id="i",
)


def test_it_has_these_members_and_no_secret() -> None:
    guid = "0a1b2c3d-0000-4000-8000-000000000007"
    assert build_payload(
        FACTS, replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
    ) == {
        "apiurl": "https://api.example.org",
        "clientid": "sb-app!t7",
        "credential-type": "x509",
        "identityzone": "zone-7",
        "identityzoneid": guid,
        "sburl": "https://api.example.org",
        "serviceInstanceId": "i",
        "subaccountid": guid,
        "tenantid": guid,
        "tenantmode": "shared",
        "uaadomain": "uaa.example.org",
        "url": "https://zone-7.uaa.example.org",
        "verificationkey": "PEM",
        "xsappname": "app!t7",
        "zoneid": guid,
    }


def test_the_instance_s_id_is_left_out_if_it_is_none() -> None:
    assert "serviceInstanceId" not in build_payload(
        replace(FACTS, service_instance_id=None), ADDRESSES
    )
