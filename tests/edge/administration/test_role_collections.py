"""Role collections over the administration API (§3.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.service_instance import ServiceInstance
from tests.support.administration import (
    ALL_SCOPES,
    AUTHORIZATION,
    api_client,
    in_organization,
    path_of,
    with_scopes,
)
from tests.support.platform import a_guid
from tests.support.role_collections import descriptor
from tests.support.server_store import store_of

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

COLLECTIONS = f"{AUTHORIZATION}/rolecollections"
BUILT_IN = {"Subaccount Administrator", "Subaccount Viewer"}
EVERY_WRITE = "xs_authorization.write xs_idp.write xs_user.write"


@dataclass(frozen=True)
class Zone:
    """A client of a zone with an application that declares a collection."""

    api: ApiClient
    app_id: str

    def role(self, template: str = "Viewer") -> dict[str, str]:
        return {
            "roleTemplateAppId": self.app_id,
            "roleTemplateName": template,
            "name": template,
        }

    @property
    def administrator(self) -> dict[str, str]:
        index = self.app_id.rpartition("!t")[2]
        return {
            "roleTemplateAppId": f"xsuaa!t{index}",
            "roleTemplateName": "xsuaa_admin",
            "name": "User and Role Administrator",
        }

    def create(self, name: str, *roles: dict[str, str]) -> None:
        body = {"name": name, "roleReferences": roles}
        created = self.api("POST", COLLECTIONS, body)
        assert created.status_code == 200, created.text

    def roles(self, name: str) -> list[str]:
        found = self.api.get(path_of("rolecollections", name))
        return [each["name"] for each in found.get("roleReferences", ())]


def a_zone(platform: PlatformClient) -> Zone:
    organization = a_guid()
    api = api_client(platform, organization=organization)
    name, instance = f"app-{a_guid()}", ServiceInstance(platform)
    created = platform.provision(
        instance.instance_id, descriptor(name, "Declared"), **in_organization(organization)
    )
    assert created.status_code == 201, created.text
    credentials = instance.create_key().credentials
    return Zone(api, credentials["xsappname"])


@pytest.fixture(scope="module")
def zone(on_sqlite: PlatformClient) -> Zone:
    return a_zone(on_sqlite)


def test_the_life_of_a_collection(platform: PlatformClient) -> None:
    """The statuses and bodies that SAP's Crossplane provider asserts."""
    zone = a_zone(platform)
    api, name = zone.api, f"A & b: {a_guid()}"
    path, roles = path_of("rolecollections", name), path_of("rolecollections", name, "roles")
    created = api("POST", COLLECTIONS, {"name": name, "description": "First"})
    assert (created.status_code, created.json()) == (
        200,
        {"name": name, "description": "First", "isReadOnly": False},
    )
    assert api("PUT", roles, [zone.role(), zone.role("Editor")]).status_code == 200
    again = api("PUT", roles, [zone.role()])
    assert (again.status_code, again.content) == (200, b"")
    shown = api.get(path)
    assert shown == {
        "name": name,
        "description": "First",
        "isReadOnly": False,
        "roleReferences": [zone.role("Editor"), zone.role()],
    }
    assert [each["name"] for each in api.get(roles)] == ["Editor", "Viewer"]
    unknown = zone.role() | {"name": "Unknown"}
    removed = api("DELETE", roles, [zone.role(), unknown])
    assert (removed.status_code, removed.content) == (200, b"")
    assert zone.roles(name) == ["Editor"]
    described = api("PUT", path, {"description": "Second"})
    assert (described.status_code, described.content) == (200, b"")
    assert api.get(path)["description"] == "Second"
    deleted = api("DELETE", path)
    assert (deleted.status_code, deleted.content) == (200, b"")
    for method in ("GET", "DELETE"):
        missing = api(method, path)
        assert missing.status_code == 404
        text = f"No entity found with values = [[{api.zone}, {name}, {api.zone}]]"
        assert missing.json() == {"error": text}


def test_single_roles_are_named_in_the_path(zone: Zone) -> None:
    name = f"Single {a_guid()}"
    zone.create(name)
    path = path_of("rolecollections", name, "roles", zone.app_id, "Viewer", "Viewer")
    assert zone.api("PUT", path).status_code == 200
    assert zone.roles(name) == ["Viewer"]
    containing = zone.api.get(path_of("rolecollections", "roles", zone.app_id, "Viewer", "Viewer"))
    assert {"name": name, "isReadOnly": False} in containing
    assert "Declared" in [each["name"] for each in containing]
    assert zone.api("DELETE", path).status_code == 200
    assert zone.roles(name) == []
    wrong = path_of("rolecollections", name, "roles", zone.app_id, "Viewer", "Unknown")
    assert zone.api("PUT", wrong).status_code == 404
    for unknown in (("a", "b", "c"), (zone.app_id, "Viewer", "a\x00b")):
        response = zone.api("GET", path_of("rolecollections", "roles", *unknown))
        assert response.status_code == 404, response.text


def test_lists_and_pages(zone: Zone) -> None:
    zone.create(f"Zzz {a_guid()}", zone.role())
    everything = zone.api.get(COLLECTIONS, params={"count": "x", "showUserAndGroupCount": "true"})
    names = [each["name"] for each in everything]
    assert names == sorted(names)
    assert {"Declared", *BUILT_IN} < set(names)
    assert all(each["roleReferences"] for each in everything if each["name"] in BUILT_IN)
    page = zone.api.get(COLLECTIONS, params={"skip": 1, "top": 2})
    assert [each["name"] for each in page] == names[1:3]
    own = zone.api.get(COLLECTIONS, params={"readOnly": "false"})
    assert [each["name"] for each in own] == [
        name for name in names if name not in {"Declared", *BUILT_IN}
    ]
    assert zone.api.get(COLLECTIONS, params={"name": "Declared"})[0]["name"] == "Declared"
    assert zone.api.get(f"{COLLECTIONS}/pages") == everything
    assert zone.api.get(f"{COLLECTIONS}/pages/0") == everything
    assert zone.api.get(f"{COLLECTIONS}/pages/1") == []
    assert zone.api("GET", f"{COLLECTIONS}/pages/x").status_code == 404
    assert zone.api("GET", COLLECTIONS, params={"top": "many"}).status_code == 400


def test_users_and_mappings_of_collections(zone: Zone, sqlite_server: Server) -> None:
    with store_of(sqlite_server) as store:
        user = store.add_user(zone.api.credentials["identityzone"], f"anna-{a_guid()}")
    options = ("--zone", zone.api.zone)
    group = "role-collections"
    sqlite_server.command(group, "assign", "Declared", "--user", user.name, *options)
    sqlite_server.command(
        group, "map", "Declared", "--origin", "corp", "--group", "managers", *options
    )
    path = path_of("rolecollections", "Declared")
    assert "userReferences" not in zone.api.get(path)
    shown = zone.api.get(path, params={"withUsers": "true", "withGroups": "true"})
    assert shown["userReferences"] == [
        {
            "id": user.user_id,
            "username": user.name,
            "zoneId": zone.api.zone,
            "origin": "sap.default",
        }
    ]
    mapping = {
        "roleCollectionName": "Declared",
        "roleCollectionIdentityZone": zone.api.zone,
        "samlAttrName": "Groups",
        "attributeName": "Groups",
        "samlAttrValue": "managers",
        "samlAttributeValue": "managers",
        "attributeValue": "managers",
        "comparisonOperator": "equals",
        "samlEntityId": "corp",
        "idpId": "corp",
        "idpDisplayName": "corp",
    }
    assert shown["samlAttributeAssignment"] == shown["groupReferences"] == [mapping]
    listed = zone.api.get(COLLECTIONS, params={"showUsers": "true", "showGroups": "true"})
    assert shown in listed


def test_several_collections_at_once(zone: Zone) -> None:
    names = [f"Bulk {a_guid()}", f"Bulk {a_guid()}"]
    new = {"roleCollections": [{"name": each, "description": "d"} for each in names]}
    assert zone.api("POST", f"{COLLECTIONS}/bulk", new).status_code == 201
    taken = {"roleCollections": [{"name": f"Free {a_guid()}"}, {"name": names[0]}]}
    before = zone.api.get(COLLECTIONS)
    assert zone.api("POST", f"{COLLECTIONS}/bulk", taken).status_code == 409
    gone = {"roleCollections": [names[0], "Unknown"]}
    assert zone.api("DELETE", f"{COLLECTIONS}/bulk", gone).status_code == 404
    assert zone.api.get(COLLECTIONS) == before
    deleted = zone.api("DELETE", f"{COLLECTIONS}/bulk", {"roleCollections": names})
    assert (deleted.status_code, deleted.content) == (204, b"")


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({}, 400, "name: missing"),
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 65}, 400, "65 characters"),
        ({"name": " a"}, 400, "name"),
        ({"name": "a\u0000b"}, 400, "name"),
        ({"name": "a", "description": "x" * 1001}, 400, "description"),
        ({"name": "a", "owner": "me"}, 400, "owner: an unknown field"),
        ({"name": "DECLARED"}, 409, "Role Collection DECLARED already exists"),
        ({"name": "Subaccount Viewer"}, 409, "already exists"),
        (
            {
                "name": "a",
                "roleReferences": [
                    {"roleTemplateAppId": "x", "roleTemplateName": "y", "name": "z"}
                ],
            },
            400,
            "roleReferences[0]: the unknown role z",
        ),
        ({"name": "a", "roleReferences": [{"name": "z"}]}, 400, "roleTemplateAppId: missing"),
        ([], 400, "an object"),
    ],
)
def test_bad_collections_are_refused_and_change_nothing(
    zone: Zone, body: Any, status: int, part: str
) -> None:
    before = zone.api.get(COLLECTIONS)
    refused = zone.api("POST", COLLECTIONS, body)
    assert (refused.status_code, list(refused.json())) == (status, ["error"])
    assert part in refused.json()["error"]
    assert zone.api.get(COLLECTIONS) == before


@pytest.mark.parametrize(
    "text", ['{"name": "a", "name": "b"}', "{", '{"name": "a"} x', '\ufeff{"name": "a"}', "null"]
)
def test_bodies_that_are_no_unambiguous_json(zone: Zone, text: str) -> None:
    for content_type in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": content_type}
        refused = zone.api("POST", COLLECTIONS, data=text.encode(), headers=headers)
        assert refused.status_code == 400
    body = json.dumps({"name": f"Typed {a_guid()}"}).encode()
    headers = {"Content-Type": "text/plain", "Accept": "image/png"}
    assert zone.api("POST", COLLECTIONS, data=body, headers=headers).status_code == 200


def test_fields_of_the_server_have_no_effect(zone: Zone) -> None:
    """TH-15: every field of the model is sent, and what is stored is compared."""
    name = f"Fields {a_guid()}"
    foreign = {
        "isReadOnly": True,
        "userReferences": [{"id": "x", "username": "otto", "origin": "sap.default"}],
        "groupReferences": [{"attributeValue": "all"}],
        "samlAttributeAssignment": [{"attributeValue": "all"}],
        "samlAttrAssignment": "anything",
    }
    body = {"name": name, "description": "d", "roleReferences": [zone.role()], **foreign}
    assert zone.api("POST", COLLECTIONS, body).status_code == 200
    path, options = path_of("rolecollections", name), {"withUsers": "true", "withGroups": "true"}
    expected = {
        "name": name,
        "description": "d",
        "roleReferences": [zone.role()],
        "isReadOnly": False,
    }
    assert zone.api.get(path, params=options) == expected
    other = {"name": "Other", "description": None, "roleReferences": [], **foreign}
    assert zone.api("PUT", path, other).status_code == 200
    del expected["description"]
    assert zone.api.get(path, params=options) == expected
    reference = zone.role("Editor") | {"description": "of the client"}
    assert zone.api("PUT", f"{path}/roles", [reference]).status_code == 200
    assert zone.roles(name) == ["Editor", "Viewer"]


def test_declared_collections_are_read_only(zone: Zone) -> None:
    for name in ("Declared", "Subaccount Viewer"):
        path = path_of("rolecollections", name)
        for method, below, body in (
            ("PUT", "", {"description": "x"}),
            ("DELETE", "", None),
            ("PUT", "/roles", [zone.role("Editor")]),
            ("DELETE", "/roles", [zone.role()]),
        ):
            refused = zone.api(method, path + below, body)
            assert (refused.status_code, list(refused.json())) == (403, ["error"])
            assert "read-only" in refused.json()["error"]


def test_the_administrator_s_role_needs_every_write_scope(zone: Zone) -> None:
    """D-47, TH-13."""
    name, partial = f"Mine {a_guid()}", [each for each in ALL_SCOPES if each != "xs_idp.write"]
    zone.create(name)
    client = with_scopes(zone.api.credentials, *partial)
    path = path_of("rolecollections", name)
    for method, target, body in (
        ("PUT", f"{path}/roles", [zone.administrator]),
        ("POST", COLLECTIONS, {"name": "New", "roleReferences": [zone.administrator]}),
    ):
        refused = client(method, target, body)
        assert refused.status_code == 403
        assert refused.json()["scope"] == EVERY_WRITE
    assert zone.api("PUT", f"{path}/roles", [zone.administrator]).status_code == 200
    assert client("DELETE", path).status_code == 403
    assert client("DELETE", f"{path}/roles", [zone.administrator]).status_code == 403
    assert zone.api("DELETE", path).status_code == 200


def test_another_zone_has_none_of_them(zone: Zone, on_sqlite: PlatformClient) -> None:
    name, other = f"Far {a_guid()}", api_client(on_sqlite)
    zone.create(name, zone.role())
    path = path_of("rolecollections", name)
    for method, target, body in (
        ("GET", path, None),
        ("PUT", path, {"description": "x"}),
        ("DELETE", path, None),
        ("GET", f"{path}/roles", None),
        ("PUT", f"{path}/roles", [zone.role()]),
        ("DELETE", f"{path}/roles", [zone.role()]),
    ):
        assert other(method, target, body).status_code == 404, (method, target)
    assert {each["name"] for each in other.get(COLLECTIONS)} == BUILT_IN
    # Neither are roles of another zone put into a collection.
    assert other("POST", COLLECTIONS, {"name": name}).status_code == 200
    assert other("PUT", f"{path}/roles", [zone.role()]).status_code == 404
    assert zone.roles(name) == ["Viewer"]


@pytest.mark.parametrize(
    "name", ["a/b", "..", "über", "o'neil+x@example.com", "%2F", "?#&=", "bulk", "roles", "x" * 64]
)
def test_names_of_any_form_go_round(zone: Zone, name: str) -> None:
    path = path_of("rolecollections", name)
    zone.create(name)
    assert zone.api("PUT", path, {"description": name}).status_code == 200
    assert zone.api.get(path)["description"] == name
    if name != "bulk":  # the path of another operation
        assert zone.api("DELETE", path).status_code == 200
        assert zone.api("GET", path).status_code == 404


def test_changes_are_audited_with_client_and_credential(zone: Zone, sqlite_server: Server) -> None:
    name = f"Audited {a_guid()}"
    zone.create(name)
    listed = sqlite_server.command("audit", "list", "--action", "create-role-collection", "--json")
    events = [json.loads(line) for line in listed.stdout.splitlines() if line.startswith("{")]
    found = [each for each in events if name in json.dumps(each)]
    assert len(found) == 1, listed.stdout[:2000]
    assert zone.api.credentials["clientid"] in json.dumps(found[0])
    assert "credential" in json.dumps(found[0])
