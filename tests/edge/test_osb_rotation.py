"""Binding rotation, maintenance versions, the catalog's schemas and ETag over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.support.application import token_status
from tests.support.platform import (
    APPLICATION,
    SERVICE_ID,
    a_descriptor,
    a_guid,
    credential_types,
)

if TYPE_CHECKING:
    import requests

    from tests.support.platform import PlatformClient


@pytest.fixture
def instance(platform: PlatformClient) -> str:
    """An instance that issues binding secrets and accepts instance secrets."""
    created = a_guid()
    configuration = credential_types("binding-secret", "instance-secret")
    platform.provision(created, a_descriptor(oauth2_configuration=configuration))
    return created


def rotate(
    platform: PlatformClient, instance: str, predecessor: str, **members: Any
) -> requests.Response:
    body = {"predecessor_binding_id": predecessor, **members}
    path = f"/service_instances/{instance}/service_bindings/{a_guid()}"
    return platform.request("PUT", path, json=body)


@pytest.mark.parametrize("ids", [{}, {"service_id": SERVICE_ID, "plan_id": APPLICATION}])
def test_a_successor_lives_beside_its_predecessor(
    platform: PlatformClient, instance: str, ids: dict[str, str]
) -> None:
    """OSB-ROT-01, -02, -04: until the predecessor's own DELETE."""
    old = a_guid()
    before = platform.bind(instance, old).json()["credentials"]
    rotated = rotate(platform, instance, old, **ids)
    assert rotated.status_code == 201
    after = rotated.json()["credentials"]
    assert after["clientsecret"] != before["clientsecret"]
    assert token_status(before) == token_status(after) == 200
    platform.unbind(instance, old)
    assert (token_status(before), token_status(after)) == (401, 200)


def test_a_successor_inherits_parameters(platform: PlatformClient, instance: str) -> None:
    """OSB-ROT-05, and a repeated request finds it (OSB-BIND-02)."""
    old, new = a_guid(), a_guid()
    platform.bind(instance, old, {"credential-type": "instance-secret"})
    path = f"/service_instances/{instance}/service_bindings/{new}"
    body = {"predecessor_binding_id": old}
    rotated = platform.request("PUT", path, json=body)
    assert rotated.json()["credentials"]["credential-type"] == "instance-secret"
    platform.unbind(instance, old)
    repeated = platform.request("PUT", path, json=body)
    assert (repeated.status_code, repeated.json()) == (200, rotated.json())
    assert platform.bind(instance, new).status_code == 409


def test_a_predecessor_must_be_a_binding_of_the_instance(
    platform: PlatformClient, instance: str
) -> None:
    """OSB-ROT-03."""
    elsewhere, foreign = a_guid(), a_guid()
    platform.provision(elsewhere, a_descriptor())
    platform.bind(elsewhere, foreign)
    for predecessor in (a_guid(), foreign):
        refused = rotate(platform, instance, predecessor)
        assert refused.status_code == 400
        assert "predecessor_binding_id" in refused.json()["description"]
    assert rotate(platform, a_guid(), foreign).status_code == 404


def test_another_maintenance_version_is_a_conflict(platform: PlatformClient, instance: str) -> None:
    """OSB-PROV-11, OSB-UPD-08, OSB-CAT-11."""
    [service] = platform.catalog().json()["services"]
    [current] = {plan["maintenance_info"]["version"] for plan in service["plans"]}
    known: dict[str, Any] = {"maintenance_info": {"version": current, "description": "ignored"}}
    wrong: dict[str, Any] = {"maintenance_info": {"version": "9.9.9"}}
    created = a_guid()
    for refused in (
        platform.provision(created, a_descriptor(), **wrong),
        platform.update(instance, **wrong),
    ):
        assert refused.status_code == 422
        assert refused.json()["error"] == "MaintenanceInfoConflict"
        assert current in refused.json()["description"]
    assert platform.provision(created, a_descriptor(), **known).status_code == 201
    assert platform.update(instance, **known).status_code == 200
    assert platform.update(instance, maintenance_info=None).status_code == 200
    assert platform.update(instance, maintenance_info=[]).status_code == 400


def test_an_unchanged_catalog_is_not_sent_again(platform: PlatformClient) -> None:
    """OSB-CAT-16."""
    first = platform.catalog()
    tag = first.headers["ETag"]
    again = platform.request("GET", "/catalog", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert platform.request("GET", "/catalog", headers={"If-None-Match": '"x"'}).ok


def schemas(platform: PlatformClient, plan: str) -> dict[str, Any]:
    [service] = platform.catalog().json()["services"]
    [found] = [p["schemas"] for p in service["plans"] if p["name"] == plan]
    return {
        "create": found["service_instance"]["create"]["parameters"],
        "update": found["service_instance"]["update"]["parameters"],
        "bind": found["service_binding"]["create"]["parameters"],
    }


@pytest.mark.parametrize("plan", ["application", "apiaccess"])
def test_the_schemas_are_draft_04(platform: PlatformClient, plan: str) -> None:
    """OSB-CAT-13, -14."""
    for schema in schemas(platform, plan).values():
        jsonschema.Draft4Validator.check_schema(schema)
        assert schema["$schema"] == "http://json-schema.org/draft-04/schema#"
        assert schema["type"] == "object"
        text = json.dumps(schema)
        assert len(text) < 65_536
        assert '"$ref": "#/' in text or '"$ref"' not in text


ACCEPTED: list[dict[str, Any]] = [
    {},
    a_descriptor(),
    a_descriptor(authorities_inheritance=False),
    a_descriptor(xsenableasyncservice="true", oauth2_configuration={"token-validity": "900"}),
    a_descriptor(
        attributes=[{"name": "a", "valueRequired": "false"}],
        role_templates=[{"name": "T", "attribute-references": ["a", {"name": "a"}]}],
    ),
]


@pytest.mark.parametrize("parameters", ACCEPTED)
def test_the_schema_accepts_what_the_broker_accepts(
    platform: PlatformClient, parameters: dict[str, Any]
) -> None:
    """OSB-CAT-15."""
    jsonschema.validate(parameters, schemas(platform, "application")["create"])
    provisioned = platform.provision(a_guid(), parameters)
    assert provisioned.status_code == 201, provisioned.text


def test_the_schema_refuses_what_the_broker_refuses(platform: PlatformClient) -> None:
    """OSB-AMB-11."""
    for name, schema in schemas(platform, "application").items():
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"can-not": "be-good", "xsappname": "a"}, schema)
        assert name
