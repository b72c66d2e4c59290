"""Clients that SAP Cloud SDK generates from the served document call every documented operation.

They request a CSRF token by HEAD, with and without a slash at the end, before each change.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.clients.cloud_sdk import CloudSdk, generated_client
from tests.clients.node_client import NodeClient
from tests.clients.service_instance import ServiceInstance
from tests.support.administration import ALL_SCOPES, api_client, in_organization
from tests.support.application import token_status
from tests.support.people import PASSWORD, displaying_users, people_of
from tests.support.platform import PlatformClient, a_guid
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.administration import ApiClient
    from tests.support.platform import JsonObject
    from tests.support.server import Server

FACTS = json.loads((ROOT / "tests/edge/administration/documented.json").read_text())
ANY_VERSION = {"If-Match": "*"}
ORIGIN = "sap.default"
PROVIDER = "corp"
NAME = "o'neil+x@example.com"
COLLECTION = "Sales & Service: a/b 100%"


@pytest.fixture(scope="module")
def document(server: Server) -> JsonObject:
    found: JsonObject = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    return found


@pytest.fixture(scope="module")
def client(document: JsonObject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated_client(document, tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def sdk(server: Server, client: Path) -> Iterator[CloudSdk]:
    with CloudSdk(client, server.ca_file) as running:
        yield running


class Zone:
    """A zone with an instance for the APIs and an application whose users may call them."""

    def __init__(self, server: Server) -> None:
        """Create both, and approve the application."""
        platform = PlatformClient(server.url, server.user, server.password)
        organization = a_guid()
        self.api: ApiClient = api_client(platform, organization=organization)
        self.application = ServiceInstance(platform)
        descriptor = displaying_users() | {"foreign-scope-references": list(ALL_SCOPES)}
        created = platform.provision(
            self.application.instance_id, descriptor, **in_organization(organization)
        )
        assert created.status_code == 201, created.text
        self.key = self.application.create_key("binding-secret").credentials
        self.app_id = self.key["xsappname"]
        self.people = people_of(server, self.key)
        server.command("applications", "approve", self.app_id, "--zone", self.api.zone, "--yes")

    def connect(self, sdk: CloudSdk, name: str, credential_type: str = "binding-secret") -> None:
        """Call the APIs with a token of the user, by a key of this type."""
        key = self.application.create_key(credential_type).credentials
        logged_on = NodeClient(self.people.server.ca_file).log_on(key, name, PASSWORD)
        sdk.connect(key, logged_on["access_token"])

    def user_with(self, collection: str) -> str:
        """Return the name of a new user with this role collection."""
        name = self.people.create()
        self.people.server.command(
            *("role-collections", "assign", collection, "--user", name, "--zone", self.api.zone)
        )
        return name


@pytest.fixture
def zone(server: Server) -> Zone:
    return Zone(server)


@pytest.mark.parametrize("credential_type", ["binding-secret", "x509"])
def test_every_operation(
    sdk: CloudSdk, zone: Zone, document: JsonObject, credential_type: str
) -> None:
    """As the client of an apiaccess instance, and as an administrator by a certificate.

    Instances of plan apiaccess have secrets only.
    """
    if credential_type == "binding-secret":
        sdk.connect(zone.api.credentials)
    else:
        zone.connect(sdk, zone.user_with("Subaccount Administrator"), credential_type)
    sdk.succeeded.clear()
    role_collections(sdk, zone.app_id)
    roles(sdk, zone.app_id)
    applications(sdk, zone)
    users_by_name(sdk)
    users(sdk)
    groups(sdk)
    mappings(sdk)
    security_settings(sdk)
    credentials(sdk, zone)
    identity_providers(sdk)
    called = {
        f"{method.upper()} {unnamed(path)}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["operationId"] in sdk.succeeded
    }
    assert documented() - called == set()


def documented() -> set[str]:
    """Return the operations that are used most."""
    return {
        unnamed(each["operation"])
        for section in FACTS["operations"].values()
        for each in section
        if each["priority"] == 1
    }


def unnamed(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


def test_a_viewer_only_reads(sdk: CloudSdk, zone: Zone) -> None:
    zone.connect(sdk, zone.user_with("Subaccount Viewer"))
    for operation in ("getRoleCollections", "getRoles", "listUsers", "listGroups"):
        assert sdk(operation).status == 200
    for operation, *given in (
        ("createRoleCollection", {"name": "New"}),
        ("deleteRoleCollectionByName", "Subaccount Viewer"),
        ("createUser", {"userName": "new", "emails": [{"value": "new@example.com"}]}),
        ("addRoleCollection", ORIGIN, "new", "Subaccount Administrator"),
    ):
        answer = sdk(operation, *given)
        assert (answer.status, answer.body["error"]) == (403, "insufficient_scope"), operation


def test_a_user_s_own_role_collections(sdk: CloudSdk, zone: Zone) -> None:
    zone.connect(sdk, zone.user_with("Subaccount Administrator"))
    sdk.get("createRoleCollection", {"name": COLLECTION})
    own = {"roleCollections": [COLLECTION]}
    assert sdk.get("addRoleCollectionsToCurrentUser", own)["roleCollections"] == sorted(
        [COLLECTION, "Subaccount Administrator"]
    )
    assert COLLECTION in sdk.get("getRoleCollectionsOfCurrentUser")["roleCollections"]
    assert sdk.get("removeRoleCollectionsFromCurrentUser", own)["roleCollections"] == [
        "Subaccount Administrator"
    ]
    sdk.connect(zone.api.credentials)
    assert sdk("getRoleCollectionsOfCurrentUser").status == 404


def test_another_role_allows_no_operation(sdk: CloudSdk, zone: Zone) -> None:
    zone.connect(sdk, zone.people.create("Editor", app_id=zone.app_id))
    for operation in ("getRoleCollections", "listUsers"):
        assert sdk(operation).status == 403


def names(resources: list[JsonObject], key: str = "name") -> list[str]:
    return [each[key] for each in resources]


def reference(app_id: str, template: str) -> JsonObject:
    return {"roleTemplateAppId": app_id, "roleTemplateName": template, "name": template}


def security_settings(sdk: CloudSdk) -> None:
    """Limit the validity of tokens, and remove the limit."""
    policy = sdk.get("readSettings")["tokenPolicySettings"]
    assert policy["activeKeyId"] in policy["keyIds"]
    for seconds in (3600, -1):
        change = {"tokenPolicySettings": {"accessTokenValidity": seconds}}
        changed = sdk.get("updateSettings", change)
        assert changed["tokenPolicySettings"] == policy | {"accessTokenValidity": seconds}
    refused = {"tokenPolicySettings": {"keyId": policy["activeKeyId"], "changeMode": "DELETE"}}
    assert sdk("updateSettings", refused).status == 403


def credentials(sdk: CloudSdk, zone: Zone) -> None:
    """Read what an update would cut off, and revoke the credential of a binding."""
    instance_id, key = zone.application.instance_id, zone.application.create_key("binding-secret")
    assert instance_id in [each["instanceId"] for each in sdk.get("getInstances")["resources"]]
    shown = sdk.get("getInstanceCredentials", instance_id, {"types": "x509"})
    assert key.binding_id in [each["bindingId"] for each in shown["update"]["cutOff"]]
    sdk.get("revokeBindingCredential", instance_id, key.binding_id)
    assert token_status(key.credentials) == 401


def identity_providers(sdk: CloudSdk) -> None:
    """Trust a tenant by its host, rename it, end the trust."""
    host = "tenant.accounts.ondemand.com"
    tenant = {"type": "oidc1.0", "config": {"iasTenant": {"host": host}}}
    added = sdk.get("createIdentityProvider", tenant)
    assert (added["originKey"], added["config"]["iasTenant"]) == ("sap.custom", {"host": host})
    assert names(sdk.get("retrieveIdentityProviders"), "originKey") == ["sap.default", "sap.custom"]
    changed = sdk.get("updateIdentityProvider", added["id"], added | {"name": "Renamed"})
    assert sdk.get("retrieveIdentityProvider", added["id"]) == changed
    assert sdk.get("deleteIdentityProvider", added["id"])["name"] == "Renamed"


def role_collections(sdk: CloudSdk, app_id: str) -> None:
    """Create a collection, give it roles, take them out, delete it."""
    viewer, editor = reference(app_id, "CountryViewer"), reference(app_id, "Editor")
    new = {"name": COLLECTION, "description": "Both", "roleReferences": [viewer]}
    assert sdk.get("createRoleCollection", new)["name"] == COLLECTION
    assert sdk("createRoleCollection", new).status == 409
    sdk.get("changeRoleCollectionDescription", COLLECTION, {"description": "Changed"})
    sdk.get("addRolesToRoleCollection", COLLECTION, [viewer, editor])
    found = sdk.get("getRoleCollectionByName", COLLECTION)
    assert (found["description"], found["isReadOnly"]) == ("Changed", False)
    assert names(found["roleReferences"]) == ["CountryViewer", "Editor"]
    listed = sdk.get("getRoleCollections", {"name": COLLECTION, "showGroups": True})
    assert listed == [found]
    assert names(sdk.get("getRolesByRoleCollectionName", COLLECTION)) == names([viewer, editor])
    sdk.get("deleteRolesFromRoleCollection", COLLECTION, [viewer, editor])
    assert sdk.get("getRolesByRoleCollectionName", COLLECTION) == []
    sdk.get("deleteRoleCollectionByName", COLLECTION)
    assert sdk("getRoleCollectionByName", COLLECTION).status == 404
    assert sdk("deleteRoleCollectionByName", COLLECTION).status == 404


def roles(sdk: CloudSdk, app_id: str) -> None:
    """Create a role of a template with an attribute, delete it."""
    values = {"attributeName": "Country", "attributeValueOrigin": "static", "attributeValues": []}
    new = {
        "roleTemplateAppId": app_id,
        "roleTemplateName": "AnyViewer",
        "name": "Benelux",
        "attributeList": [{**values, "attributeValues": ["BE", "NL", "LU"]}],
    }
    created = sdk.get("createRole", new)
    key = app_id, "AnyViewer", "Benelux"
    assert sdk.get("getRoleByAppAndRoleTemplate", *key) == created
    assert created in sdk.get("getRoles")
    assert created in sdk.get("getRolesByAppId", app_id)
    assert created["scopes"] == [{"name": f"{app_id}.Display"}]
    template = sdk.get("getRoleTemplateByName", app_id, "AnyViewer")
    assert template in sdk.get("getRoleTemplateByAppName", app_id)
    assert template in sdk.get("getRoleTemplates", {"showRoles": True})
    sdk.get("deleteRoleByRoleName", *key)
    assert sdk("getRoleByAppAndRoleTemplate", *key).status == 404


def applications(sdk: CloudSdk, zone: Zone) -> None:
    """Find an application by its id and by its instance, with its scopes."""
    by_instance = {"isServiceInstanceId": True, "hideDetails": True}
    found = sdk.get("getAppById", zone.application.instance_id, by_instance)
    assert found["appid"] == zone.app_id
    assert found in sdk.get("getApps")
    shown = sdk.get("getAppById", zone.app_id)
    assert names(shown["role-templates"]) == ["AnyViewer", "CountryViewer", "Editor"]
    scopes = sdk.get("listScopes", zone.app_id)
    assert scopes == [sdk.get("getScope", zone.app_id, each["name"]) for each in scopes]
    assert sdk("getAppById", "none").status == 404


def users_by_name(sdk: CloudSdk) -> None:
    """Assign a collection to a user that does not exist yet; delete users by name and id."""
    sdk.get("createRoleCollection", {"name": COLLECTION})
    assignment = ORIGIN, NAME, COLLECTION
    assert sdk("addRoleCollection", *assignment).status == 404
    user = sdk.get("addRoleCollection", *assignment, {"createUserIfMissing": True})
    assert user["roleCollections"] == [COLLECTION]
    assert sdk.get("getUserByName", ORIGIN, NAME) == user
    assert sdk.get("getUserById", user["id"]) == user
    assert NAME in sdk.get("getUserNames", ORIGIN)
    assert sdk.get("removeRoleCollection", *assignment)["roleCollections"] == []
    assert sdk("removeRoleCollection", *assignment).status == 404
    sdk.get("deleteUserById", user["id"])
    assert sdk("getUserByName", ORIGIN, NAME).status == 404
    again = sdk.get("addRoleCollection", *assignment, {"createUserIfMissing": True})
    assert again["id"] != user["id"]
    sdk.get("deleteUserByName", ORIGIN, NAME)
    sdk.get("deleteRoleCollectionByName", COLLECTION)


def user_of(name: str) -> JsonObject:
    return {"userName": name, "emails": [{"value": "anna@example.com"}], "origin": ORIGIN}


def users(sdk: CloudSdk) -> None:
    """Create, replace, change and delete a user."""
    created = sdk.get("createUser", user_of(NAME))
    assert sdk("createUser", user_of(NAME)).body["user_id"] == created["id"]
    user_id = created["id"]
    version = {"If-Match": str(created["meta"]["version"])}
    replaced = sdk.get("replaceUser", user_id, {**created, "name": {"givenName": "Anna"}}, version)
    assert replaced["name"] == {"givenName": "Anna"}
    assert sdk("replaceUser", user_id, created, version).status == 409
    changed = sdk.get("changeUser", user_id, {"active": False}, ANY_VERSION)
    assert (changed["active"], changed["name"]) == (False, {"givenName": "Anna"})
    assert sdk.get("getUser", user_id) == changed
    found = sdk.get("listUsers", {"filter": f'userName eq "{NAME}"', "count": 500})
    assert found["resources"] == [changed]
    assert sdk.get("deleteUser", user_id)["id"] == user_id
    assert sdk("getUser", user_id).status == 404


def groups(sdk: CloudSdk) -> None:
    """Give members to a group."""
    user_id = sdk.get("createUser", user_of(NAME))["id"]
    sdk.get("createRoleCollection", {"name": COLLECTION})
    member = {"origin": ORIGIN, "type": "USER", "value": user_id}
    assert sdk.get("addGroupMember", COLLECTION, member) == member
    assert sdk("addGroupMember", COLLECTION, member).status == 409
    group = sdk.get("getGroup", COLLECTION)
    assert (group["id"], group["members"]) == (COLLECTION, [member])
    assert group in sdk.get("listGroups", {"count": 500})["resources"]
    assert sdk.get("removeGroupMember", COLLECTION, user_id) == member
    assert sdk("removeGroupMember", COLLECTION, user_id).status == 404
    replaced = sdk.get("replaceGroup", COLLECTION, {"members": [member]}, ANY_VERSION)
    assert replaced["members"] == [member]
    removal = {"members": [{**member, "operation": "delete"}]}
    assert sdk.get("changeGroup", COLLECTION, removal, ANY_VERSION)["members"] == []
    sdk.get("deleteRoleCollectionByName", COLLECTION)
    sdk.get("deleteUser", user_id)


def mappings(sdk: CloudSdk) -> None:
    """Map a group of a provider to a collection; no mapping is an empty list."""
    sdk.get("createRoleCollection", {"name": COLLECTION})
    new = {
        "roleCollectionName": COLLECTION,
        "attributeName": "Groups",
        "attributeValue": "sales/eu",
        "operator": "equals",
    }
    by_attribute = PROVIDER, "Groups", COLLECTION
    assert sdk.get("getIdpAttributeValuesFromRoleCollectionByAttribute", *by_attribute) == []
    sdk.get("addIdpAttributeToRoleCollection", PROVIDER, new)
    found: list[Any] = sdk.get("getIdpAttributeValuesFromRoleCollection", PROVIDER, COLLECTION)
    assert sdk.get("getIdpAttributeValuesFromRoleCollectionByAttribute", *by_attribute) == found
    read = {name: found[0][name] for name in ("attributeName", "attributeValue")}
    assert read == {"attributeName": "Groups", "attributeValue": "sales/eu"}
    assert found[0]["comparisonOperator"] == "equals"
    mapping = PROVIDER, "Groups", "equals", "sales/eu", COLLECTION
    sdk.get("deleteIdpAttributeToRoleCollection", *mapping)
    assert sdk("deleteIdpAttributeToRoleCollection", *mapping).status == 404
    sdk.get("deleteRoleCollectionByName", COLLECTION)
