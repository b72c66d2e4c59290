"""Roles and role templates over the administration API (§3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.service_instance import ServiceInstance
from tests.support.administration import AUTHORIZATION, api_client, in_organization, path_of
from tests.support.platform import a_guid

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient


@pytest.fixture(scope="module")
def application(on_sqlite: PlatformClient) -> tuple[ApiClient, str]:
    """A client, and the id of an application with attributes in its zone."""
    organization = a_guid()
    api = api_client(on_sqlite, organization=organization)
    instance = ServiceInstance(on_sqlite)
    descriptor = {
        "xsappname": f"app-{a_guid()}",
        "scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.write"}],
        "attributes": [
            {"name": "country", "description": "Country"},
            {"name": "unit", "valueRequired": False},
        ],
        "role-templates": [
            {
                "name": "Viewer",
                "description": "View",
                "scope-references": ["$XSAPPNAME.read", "uaa.user"],
                "attribute-references": [
                    {"name": "country", "default-values": ["DE", "FR"]},
                    "unit",
                ],
            },
            {"name": "Editor", "attribute-references": ["country"]},
        ],
        "role-collections": [
            {"name": "Declared", "role-template-references": ["$XSAPPNAME.Viewer"]}
        ],
    }
    created = on_sqlite.provision(instance.instance_id, descriptor, **in_organization(organization))
    assert created.status_code == 201, created.text
    return api, instance.create_key().credentials["xsappname"]


def test_roles_of_a_collection(application: tuple[ApiClient, str]) -> None:
    api, app_id = application
    assert api.get(path_of("rolecollections", "Declared", "roles")) == [
        {
            "roleTemplateName": "Viewer",
            "roleTemplateAppId": app_id,
            "name": "Viewer",
            "description": "View",
            "isReadOnly": True,
            "appName": app_id.rpartition("!")[0],
            "scopes": [{"name": f"{app_id}.read"}, {"name": "uaa.user"}],
            "attributeList": [
                {
                    "attributeName": "country",
                    "attributeValueOrigin": "static",
                    "attributeValues": ["DE", "FR"],
                    "valueRequired": True,
                    "description": "Country",
                },
                {
                    "attributeName": "unit",
                    "attributeValueOrigin": "static",
                    "attributeValues": [None],
                    "valueRequired": False,
                },
            ],
            "roleCollectionReferences": [{"name": "Declared"}],
        }
    ]


def a_role(app_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "roleTemplateAppId": app_id,
        "roleTemplateName": "Viewer",
        "name": f"role-{a_guid()}",
        "description": "A role",
        "attributeList": [
            {
                "attributeName": "country",
                "attributeValueOrigin": "static",
                "attributeValues": ["DE"],
                "valueRequired": True,
            },
            {
                "attributeName": "unit",
                "attributeValueOrigin": "saml",
                "attributeValues": ["department"],
                "valueRequired": False,
            },
        ],
        **changes,
    }


def test_the_life_of_a_role(application: tuple[ApiClient, str]) -> None:
    api, app_id = application
    new = a_role(app_id)
    path = path_of("apps", app_id, "roletemplates", "Viewer", "roles", new["name"])
    assert api("GET", path).status_code == 404
    created = api("POST", f"{AUTHORIZATION}/apps/roles", new)
    assert created.status_code == 200, created.text
    role = created.json()
    assert role["attributeList"] == [
        new["attributeList"][0] | {"description": "Country"},
        new["attributeList"][1],
    ]
    assert (role["name"], role["isReadOnly"]) == (new["name"], False)
    assert role["scopes"] == [{"name": f"{app_id}.read"}, {"name": "uaa.user"}]
    assert api.get(path) == role
    assert role in api.get(path_of("roles"))
    assert role in api.get(path_of("apps", app_id, "roles"))
    assert api("POST", f"{AUTHORIZATION}/apps/roles", new).status_code == 409
    unrestricted = {"attributeName": "unit", "attributeValues": [None]}
    # What was read may be sent back.
    changed = api(
        "PUT",
        path,
        role
        | {
            "description": None,
            "attributeList": [new["attributeList"][0] | {"attributeValues": ["FR"]}, unrestricted],
        },
    )
    assert changed.status_code == 200, changed.text
    given = [each["attributeValues"] for each in changed.json()["attributeList"]]
    assert given == [["FR"], [None]]
    assert changed.json()["description"] == "View"
    collection = f"With role {a_guid()}"
    reference = {key: new[key] for key in ("roleTemplateAppId", "roleTemplateName", "name")}
    body = {"name": collection, "roleReferences": [reference]}
    assert api("POST", path_of("rolecollections"), body).status_code == 200
    assert api.get(path)["roleCollectionReferences"] == [{"name": collection}]
    deleted = api("DELETE", path)
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert "roleReferences" not in api.get(path_of("rolecollections", collection))
    assert api("DELETE", path).status_code == 404


def test_fields_of_the_server_have_no_effect(application: tuple[ApiClient, str]) -> None:
    """TH-15: every field of the model is sent, and the stored role compared."""
    api, app_id = application
    new = a_role(app_id)
    forbidden = {
        "scopes": [{"name": "xs_user.write"}],
        "isReadOnly": True,
        "appName": "xsuaa",
        "appDescription": "x",
        "roleCollectionReferences": [{"name": "Subaccount Administrator"}],
        "roleCapabilityIDList": ["x"],
    }
    attributes = [
        {**each, "valueRequired": False, "description": "x"} for each in new["attributeList"]
    ]
    created = api("POST", f"{AUTHORIZATION}/apps/roles", new | forbidden)
    assert created.status_code == 200, created.text
    role = created.json()
    assert not [name for name in forbidden if role.get(name) == forbidden[name]]
    assert role["roleCollectionReferences"] == []
    path = path_of("apps", app_id, "roletemplates", "Viewer", "roles", new["name"])
    elsewhere = {
        "roleTemplateAppId": "xsuaa!t1",
        "roleTemplateName": "Editor",
        "name": "Another",
    }
    body = new | forbidden | elsewhere | {"attributeList": attributes}
    changed = api("PUT", path, body)
    assert (changed.status_code, changed.json()) == (200, role)
    assert api.get(path) == role
    assert api("DELETE", path).status_code == 200


def values(*given: str | None, **more: str) -> list[dict[str, Any]]:
    return [{"attributeName": "country", "attributeValues": given, **more}]


@pytest.mark.parametrize(
    ("changes", "status", "part"),
    [
        ({"name": "a b"}, 400, "name"),
        ({"name": "Viewer"}, 409, "has a role Viewer already"),
        ({"roleTemplateName": "Unknown"}, 404, "no role template"),
        ({"attributeList": []}, 400, "country"),
        ({"attributeList": [{"attributeName": "x", "attributeValues": ["y"]}]}, 400, "x"),
        (
            {"attributeList": [{"attributeName": "country", "attributeValues": ["y", None]}]},
            400,
            "null",
        ),
        (
            {"attributeList": [{"attributeName": "country", "attributeValueOrigin": "ldap"}]},
            400,
            "saml",
        ),
        (
            {"attributeList": [{"attributeName": "country", "attributeValues": ["y"]}] * 2},
            400,
            "two",
        ),
        ({"description": "x" * 1001}, 400, "description"),
        ({"owner": "me"}, 400, "owner"),
    ],
)
def test_bad_roles_are_refused(
    application: tuple[ApiClient, str], changes: dict[str, Any], status: int, part: str
) -> None:
    api, app_id = application
    refused = api("POST", f"{AUTHORIZATION}/apps/roles", a_role(app_id, **changes))
    assert (refused.status_code, list(refused.json())) == (status, ["error"]), refused.text
    assert part in refused.json()["error"]


def test_default_roles_are_read_only(application: tuple[ApiClient, str]) -> None:
    api, app_id = application
    path = path_of("apps", app_id, "roletemplates", "Viewer", "roles", "Viewer")
    for method, body in (("DELETE", None), ("PUT", {"description": "x"})):
        refused = api(method, path, body)
        assert (refused.status_code, list(refused.json())) == (403, ["error"])


def test_role_templates(application: tuple[ApiClient, str]) -> None:
    api, app_id = application
    found = api.get(path_of("apps", app_id, "roletemplates"))
    editor, viewer = found
    assert editor == {
        "name": "Editor",
        "scope-references": [],
        "attribute-references": [
            {
                "name": "country",
                "valueRequired": True,
                "default-values": [],
                "valueType": "string",
                "description": "Country",
            }
        ],
        "role-references": [],
        "appId": app_id,
        "appName": app_id.rpartition("!")[0],
    }
    assert viewer["default-role-name"] == "Viewer"
    assert "Viewer" in [each["name"] for each in viewer["role-references"]]
    assert api.get(path_of("apps", app_id, "roletemplates", "Viewer")) == viewer
    everything = api.get(path_of("apps", "roletemplates"), params={"showRoles": "true"})
    assert viewer in everything
    assert "xsuaa_admin" in [each["name"] for each in everything]
    without = api.get(path_of("apps", "roletemplates"))
    assert all(each["role-references"] == [] for each in without)


def test_another_zone_has_none_of_them(
    application: tuple[ApiClient, str], on_sqlite: PlatformClient
) -> None:
    api, app_id = application
    other, role = api_client(on_sqlite), path_of("apps", app_id, "roletemplates", "Viewer", "roles")
    for path in (
        path_of("apps", app_id, "roles"),
        path_of("apps", app_id, "roletemplates"),
        path_of("apps", app_id, "roletemplates", "Viewer"),
        f"{role}/Viewer",
    ):
        assert other("GET", path).status_code == 404, path
        assert api("GET", path).status_code == 200, path
    assert other("POST", f"{AUTHORIZATION}/apps/roles", a_role(app_id)).status_code == 404
    assert other("DELETE", f"{role}/Viewer").status_code == 404
    assert {each["roleTemplateName"] for each in other.get(path_of("roles"))} == {
        "xsuaa_admin",
        "xsuaa_auditor",
    }
