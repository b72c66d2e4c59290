"""The OSB calls over HTTP: statuses, bodies, and the credentials object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.application import claims_of, fetch_token, token_status
from tests.support.platform import (
    APIACCESS,
    APPLICATION,
    ORGANIZATION,
    SERVICE_ID,
    a_descriptor,
    a_guid,
    credential_types,
)

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

PAYLOAD_FIELDS = {
    *("apiurl", "clientid", "clientsecret", "credential-type", "identityzone", "identityzoneid"),
    *("sburl", "serviceInstanceId", "subaccountid", "tenantid", "tenantmode", "uaadomain", "url"),
    *("verificationkey", "xsappname", "zoneid"),
}
API_SCOPES = {
    *("uaa.resource", "xs_authorization.read", "xs_authorization.write", "xs_idp.read"),
    *("xs_idp.write", "xs_user.read", "xs_user.write"),
}


def dashboard(platform: PlatformClient, instance: str) -> dict[str, str]:
    """Return the member of responses about the instance (I-165, I-166)."""
    return {"dashboard_url": f"{platform.url}/console/instances/{instance}"}


def test_the_catalog_is_complete_and_deterministic(platform: PlatformClient) -> None:
    """OSB-CAT-01 to -09, -17, D-10."""
    first = platform.catalog()
    assert first.status_code == 200
    assert first.json() == platform.catalog().json()
    [service] = first.json()["services"]
    assert service["id"] == SERVICE_ID
    assert service["tags"] == ["xsuaa"]
    documents = requests.get(service["metadata"]["documentationUrl"], timeout=30)
    assert documents.text.startswith("# xs-security.json")
    assert service["bindable"] is True
    assert service["plan_updateable"] is False
    assert service["instances_retrievable"] is True
    assert service["bindings_retrievable"] is True
    assert "dashboard_url" not in service
    plans = {plan["name"]: plan for plan in service["plans"]}
    assert plans["application"]["id"] == APPLICATION
    assert plans["apiaccess"]["id"] == APIACCESS
    assert all(plan["free"] is True and plan["bindable"] is True for plan in plans.values())


def test_provision_returns_created_ok_and_conflict(platform: PlatformClient) -> None:
    """OSB-PROV-01, -02, -04."""
    instance, descriptor = a_guid(), a_descriptor()
    created = platform.provision(instance, descriptor)
    assert (created.status_code, created.json()) == (201, dashboard(platform, instance))
    repeated = platform.provision(instance, dict(reversed(descriptor.items())))
    assert (repeated.status_code, repeated.json()) == (200, dashboard(platform, instance))
    other = platform.provision(instance, {**descriptor, "description": "x"})
    assert other.status_code == 409
    assert "other attributes" in other.json()["description"]
    # That plan takes no parameters, but the conflict is checked before them.
    other_plan = platform.provision(instance, descriptor, plan_id=APIACCESS)
    assert other_plan.status_code == 409


def test_redirect_uris_of_deployed_descriptors_are_accepted(platform: PlatformClient) -> None:
    """D-45; the stored text is the given one."""
    uris = ["http://*.localhost:5000/**", "https://*shop.apps.example.com/**/*"]
    instance = a_guid()
    descriptor = a_descriptor(oauth2_configuration={"redirect-uris": uris})
    created = platform.provision(instance, descriptor)
    assert (created.status_code, created.json()) == (201, dashboard(platform, instance))
    old = a_descriptor(oauth2_configuration={"redirect-uris": ["http*://a.example.com/**", *uris]})
    updated = platform.update(instance, old | {"xsappname": descriptor["xsappname"]})
    assert updated.status_code == 200
    assert "http*:// is read as https://" in updated.json()["description"]
    stored = platform.fetch(instance).json()["parameters"]
    assert stored["oauth2-configuration"] == old["oauth2-configuration"]


def test_an_instance_can_be_read_back(platform: PlatformClient) -> None:
    """OSB-GETI-01, -02, -04; null members would be refused by Cloud Controller."""
    instance, descriptor = a_guid(), a_descriptor()
    assert platform.fetch(instance).status_code == 404
    platform.provision(instance, descriptor)
    fetched = platform.fetch(instance)
    assert fetched.status_code == 200
    assert fetched.json() == {
        "service_id": SERVICE_ID,
        "plan_id": APPLICATION,
        **dashboard(platform, instance),
        "parameters": descriptor,
        "maintenance_info": {"version": "1.0.0"},
    }


def test_the_payload_is_xsuaa_s(platform: PlatformClient, server: Server) -> None:
    """A7, D-28; every value is a string."""
    instance, binding, descriptor = a_guid(), a_guid(), a_descriptor()
    platform.provision(instance, descriptor)
    created = platform.bind(instance, binding)
    assert created.status_code == 201
    assert set(created.json()) == {"credentials"}
    credentials = created.json()["credentials"]
    assert set(credentials) == PAYLOAD_FIELDS
    assert all(isinstance(value, str) and value for value in credentials.values())
    app_id = credentials["xsappname"]
    assert app_id.startswith(f"{descriptor['xsappname']}!t")
    assert credentials["clientid"] == f"sb-{app_id}"
    assert credentials["url"] == server.url
    assert credentials["uaadomain"] == server.tls_url.removeprefix("https://")
    assert credentials["serviceInstanceId"] == instance
    zone = {credentials[name] for name in ("tenantid", "zoneid", "identityzoneid", "subaccountid")}
    assert zone == {ORGANIZATION}
    assert credentials["verificationkey"].startswith("-----BEGIN PUBLIC KEY-----")


def test_a_repeated_bind_and_a_fetch_return_the_same_credentials(platform: PlatformClient) -> None:
    """OSB-BIND-02, OSB-GETB-01, -03, D-06."""
    instance, binding = a_guid(), a_guid()
    configuration = credential_types("binding-secret")
    platform.provision(instance, a_descriptor(oauth2_configuration=configuration))
    created = platform.bind(instance, binding)
    repeated = platform.bind(instance, binding)
    fetched = platform.fetch_binding(instance, binding)
    assert (created.status_code, repeated.status_code, fetched.status_code) == (201, 200, 200)
    assert repeated.json() == created.json()
    assert fetched.json()["credentials"] == created.json()["credentials"]
    different = platform.bind(instance, binding, {"hide-secret": True})
    assert different.status_code == 409
    elsewhere = a_guid()
    platform.provision(elsewhere, a_descriptor())
    assert platform.fetch_binding(elsewhere, binding).status_code == 404


def test_the_binding_secret_starts_with_the_binding_id(platform: PlatformClient) -> None:
    """D-14: a leaked secret identifies its binding."""
    instance, binding = a_guid(), a_guid()
    configuration = credential_types("binding-secret")
    platform.provision(instance, a_descriptor(oauth2_configuration=configuration))
    secret = platform.bind(instance, binding).json()["credentials"]["clientsecret"]
    assert secret.startswith(f"{binding}$")
    odd = platform.bind(instance, "Not a GUID ü").json()["credentials"]["clientsecret"]
    assert odd.partition("$")[0] != binding
    assert len(odd) == len(secret)


def test_the_last_operation_of_existing_resources_has_succeeded(platform: PlatformClient) -> None:
    """OSB-LOPI-01, -02, -05, OSB-LOPB-01, -02."""
    instance, binding = a_guid(), a_guid()
    path = f"/service_instances/{instance}"
    assert platform.request("GET", f"{path}/last_operation").status_code == 404
    platform.provision(instance, a_descriptor())
    succeeded = platform.request("GET", f"{path}/last_operation")
    assert (succeeded.status_code, succeeded.json()) == (200, {"state": "succeeded"})
    binding_path = f"{path}/service_bindings/{binding}/last_operation"
    assert platform.request("GET", binding_path).status_code == 404
    platform.bind(instance, binding)
    assert platform.request("GET", binding_path).json() == {"state": "succeeded"}


def test_deleting_missing_resources_is_gone(platform: PlatformClient) -> None:
    """OSB-ORPH-01, -02, OSB-DEP-01, -02, OSB-UNB-01, -02."""
    instance, binding = a_guid(), a_guid()
    for gone in (platform.deprovision(instance), platform.unbind(instance, binding)):
        assert gone.status_code == 410
        assert gone.json()["description"]
    platform.provision(instance, a_descriptor())
    assert platform.unbind(instance, binding).status_code == 410
    platform.bind(instance, binding)
    deleted = platform.unbind(instance, binding)
    assert (deleted.status_code, deleted.json()) == (200, {})
    assert platform.unbind(instance, binding).status_code == 410
    assert platform.deprovision(instance).json() == {}
    assert platform.deprovision(instance).status_code == 410


def test_deprovision_with_bindings_leaves_no_live_credential(platform: PlatformClient) -> None:
    """OSB-DEP-06."""
    instance = a_guid()
    platform.provision(instance, a_descriptor())
    credentials = platform.bind(instance, a_guid()).json()["credentials"]
    assert token_status(credentials) == 200
    assert platform.deprovision(instance).status_code == 200
    assert token_status(credentials) == 401


def test_an_update_reports_that_the_types_are_kept(platform: PlatformClient) -> None:
    """D-01, OSB-UPD-01."""
    instance = a_guid()
    descriptor = a_descriptor(oauth2_configuration=credential_types("binding-secret"))
    platform.provision(instance, descriptor)
    kept = platform.update(instance, {**descriptor, "oauth2-configuration": {}})
    assert kept.status_code == 200
    assert "keeps binding-secret" in kept.json()["description"]
    said = platform.update(instance, descriptor)
    assert (said.status_code, said.json()) == (200, dashboard(platform, instance))
    assert platform.update(instance, {}).json() == dashboard(platform, instance)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": {"xsappname": "other"}}, "Cannot change AppId with update"),
        ({"plan_id": APIACCESS}, "plan"),
    ],
)
def test_a_forbidden_change_is_unprocessable_and_final(
    platform: PlatformClient, change: dict[str, Any], words: str
) -> None:
    """D-08, OSB-UPD-06, OSB-ERR-05, -06."""
    instance = a_guid()
    platform.provision(instance, a_descriptor())
    before = platform.fetch(instance).json()
    refused = platform.update(instance, **change)
    assert refused.status_code == 422
    body = refused.json()
    assert words in body.pop("description")
    assert body == {"instance_usable": True, "update_repeatable": False}
    assert platform.fetch(instance).json() == before


def test_updating_the_unknown_is_not_found(platform: PlatformClient) -> None:
    """OSB-UPD-10, OSB-BIND-10."""
    assert platform.update(a_guid(), a_descriptor()).status_code == 404
    assert platform.bind(a_guid(), a_guid()).status_code == 404


def test_plan_apiaccess_needs_no_descriptor(platform: PlatformClient) -> None:
    """A15: binding secrets only, na- names, platform scopes."""
    instance = a_guid()
    assert platform.provision(instance, plan_id=APIACCESS).status_code == 201
    bound = platform.bind(instance, a_guid(), plan_id=APIACCESS)
    assert bound.status_code == 201
    credentials = bound.json()["credentials"]
    assert set(credentials) == PAYLOAD_FIELDS | {"tokenurl"}
    assert credentials["credential-type"] == "binding-secret"
    assert credentials["xsappname"].startswith(f"na-{instance}!a")
    assert credentials["clientid"] == f"sb-{credentials['xsappname']}"
    assert credentials["tokenurl"] == f"{credentials['url']}/oauth/token"
    token = fetch_token(credentials)
    assert set(token.json()["scope"].split()) == API_SCOPES
    assert set(claims_of(token)["scope"]) == API_SCOPES
    instance_secret = {"credential-type": "instance-secret"}
    refused = platform.bind(instance, a_guid(), instance_secret, plan_id=APIACCESS)
    assert refused.status_code == 400


def test_plan_apiaccess_takes_a_name_and_a_validity(platform: PlatformClient) -> None:
    """H-06."""
    instance, name = a_guid(), f"admin-{a_guid()}"
    types = {"credential-types": ["x509", "binding-secret"], "token-validity": 900}
    parameters = {"xsappname": name, "oauth2-configuration": types}
    created = platform.provision(instance, parameters, plan_id=APIACCESS)
    assert created.status_code == 201
    assert "x509 has no effect" in created.json()["description"]
    assert platform.provision(instance, parameters, plan_id=APIACCESS).status_code == 200
    # The same name in plan application is another application id.
    assert platform.provision(a_guid(), {"xsappname": name}).status_code == 201
    taken = platform.provision(a_guid(), {"xsappname": name}, plan_id=APIACCESS)
    assert taken.status_code == 400
    assert "already exists" in taken.json()["description"]
    credentials = platform.bind(instance, a_guid(), plan_id=APIACCESS).json()["credentials"]
    assert credentials["credential-type"] == "binding-secret"
    assert credentials["xsappname"].startswith(f"{name}!a")
    assert credentials["clientid"] == f"sb-{credentials['xsappname']}"
    token = fetch_token(credentials).json()
    assert (set(token["scope"].split()), token["expires_in"]) == (API_SCOPES, 899)
    shorter = {"oauth2-configuration": {"token-validity": 600}}
    assert platform.update(instance, shorter, plan_id=APIACCESS).status_code == 200
    assert fetch_token(credentials).json()["expires_in"] == 599
    assert platform.fetch(instance).json()["parameters"] == shorter
    renamed = platform.update(instance, {"xsappname": f"{name}-2"}, plan_id=APIACCESS)
    assert renamed.status_code == 422
    assert "Cannot change AppId" in renamed.json()["description"]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"role-templates": []}, "Plan apiaccess takes no role-templates; allowed: xsappname, "),
        (
            {"oauth2-configuration": {"redirect-uris": []}},
            "Plan apiaccess takes no oauth2-configuration.redirect-uris; allowed: ",
        ),
        (
            {"oauth2-configuration": {"credential-types": ["x509"]}},
            "oauth2-configuration.credential-types: no binding-secret; allowed: ",
        ),
    ],
)
def test_plan_apiaccess_takes_nothing_else(
    platform: PlatformClient, parameters: dict[str, Any], sentence: str
) -> None:
    """H-06."""
    instance = a_guid()
    refused = platform.provision(instance, parameters, plan_id=APIACCESS)
    assert refused.status_code == 400
    assert refused.json()["description"].startswith(sentence)
    assert platform.provision(instance, plan_id=APIACCESS).status_code == 201
    again = platform.update(instance, parameters, plan_id=APIACCESS)
    assert (again.status_code, again.json()["description"]) == (
        400,
        refused.json()["description"],
    )


def test_plan_application_works_without_a_descriptor(platform: PlatformClient) -> None:
    """H-04."""
    instance = a_guid()
    assert platform.provision(instance).status_code == 201
    credentials = platform.bind(instance, a_guid()).json()["credentials"]
    assert credentials["clientid"].startswith(f"sb-na-{instance}!t")
    assert token_status(credentials) == 200


def test_kubernetes_and_korifi_shapes(platform: PlatformClient) -> None:
    """OSB-PROV-06, OSB-BODY-05, OSB-CTX-02: no GUIDs, or no context and Go's zero values."""
    context = {"platform": "kubernetes", "clusterid": "c1", "namespace": "team-a"}
    kubernetes: dict[str, Any] = {"organization_guid": None, "space_guid": None, "context": context}
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(), **kubernetes).status_code == 201
    zone = platform.bind(instance, a_guid()).json()["credentials"]
    assert zone["identityzone"].startswith("team-a-")
    assert zone["tenantid"] != ORGANIZATION
    korifi = a_guid()
    assert platform.provision(korifi, parameters=None, context=None).status_code == 201
    members: dict[str, Any] = {
        "parameters": None,
        "app_guid": "",
        "bind_resource": {"app_guid": ""},
    }
    assert platform.bind(korifi, a_guid(), **members).status_code == 201
