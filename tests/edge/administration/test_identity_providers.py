"""Identity providers over the administration API (§3.7, I-30 to I-46)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.administration import (
    ALL_SCOPES,
    ApiClient,
    api_client,
    path_of,
    with_scopes,
)
from tests.support.hostile_provider import CLIENT_ID, HostileProvider
from tests.support.login_browser import query_of
from tests.support.platform import a_guid
from tests.support.provider_login import ProviderLogin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.platform import JsonObject, PlatformClient
    from tests.support.server import Server

PROVIDERS = "/sap/rest/identity-providers"
HOST = "tenant.accounts.ondemand.com"
SECRET = "S3cret-of-the-client"


def a_provider(**changes: Any) -> JsonObject:
    """Return the body of a request that adds a provider."""
    origin = f"o-{a_guid()[:8]}"
    config = {"issuer": f"https://{origin}.example.org", "relyingPartyId": "app"}
    config |= changes.pop("config", {})
    body = {"type": "oidc1.0", "originKey": origin, "name": "Corporate", "config": config}
    return body | changes


def added(api: ApiClient, body: JsonObject) -> JsonObject:
    response = api("POST", PROVIDERS, body)
    assert response.status_code == 201, response.text
    found: JsonObject = response.json()
    return found


def path(name: str) -> str:
    return f"{PROVIDERS}/{name}"


def test_the_local_store_is_always_listed(platform: PlatformClient) -> None:
    api = api_client(platform)
    [local] = api.get(PROVIDERS)
    assert local == {
        "id": local["id"],
        "originKey": "sap.default",
        "name": "Default identity provider",
        "type": "uaa",
        "config": {},
        "version": 1,
        "created": None,
        "last_modified": None,
        "active": True,
        "identityZoneId": api.zone,
    }
    for name in (local["id"], "sap.default", "ldap", "uaa"):
        assert api.get(path(name)) == local
    # A client sends back what it has read, with another name.
    renamed = api("PUT", path("ldap"), local | {"name": "Our users", "originKey": "ldap"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Our users")
    assert api.get(path(local["id"]))["originKey"] == "sap.default"
    for name in (path("sap.default"), path("originKey/ldap"), path(local["id"])):
        refused = api("DELETE", name)
        assert (refused.status_code, "cannot be deleted" in refused.text) == (409, True)
    refused = api("PUT", path("ldap"), {"config": {"issuer": "https://a.example.org"}})
    assert refused.status_code == 409
    assert api.get(f"{PROVIDERS}?activeOnly=true") == api.get(PROVIDERS)


def test_the_life_of_a_provider(platform: PlatformClient, server: Server) -> None:
    api = api_client(platform)
    body = a_provider(config={"relyingPartySecret": SECRET, "emailDomain": ["example.org"]})
    new = added(api, body)
    assert SECRET not in json.dumps(new)
    for name, value in body["config"].items():
        assert new["config"].get(name) == (None if name == "relyingPartySecret" else value)
    assert new["created"] == new["last_modified"]
    assert new["created"] > 1_700_000_000_000
    origin = body["originKey"]
    assert (new["originKey"], new["active"], new["version"]) == (origin, True, 1)
    for name in (new["id"], origin):
        assert api.get(path(name)) == new
        assert api.get(f"{path(name)}?rawConfig=true") == new
    assert api.get(PROVIDERS)[1:] == [new]
    assert api("POST", PROVIDERS, body).status_code == 409

    changed = api("PUT", path(new["id"]), new | {"name": "Renamed", "active": False})
    assert changed.status_code == 200, changed.text
    assert changed.json() == new | {
        "name": "Renamed",
        "active": False,
        "version": 2,
        "last_modified": changed.json()["last_modified"],
    }
    assert [each["originKey"] for each in api.get(f"{PROVIDERS}?activeOnly=true")] == [
        "sap.default"
    ]
    # The secret stays, and is shown nowhere.
    shown = server.command("providers", "show", origin, "--zone", api.zone, "--json").stdout
    assert (json.loads(shown)["has_secret"], SECRET in shown) == (True, False)
    deleted = api("DELETE", path(new["id"]))
    assert (deleted.status_code, deleted.json()) == (200, changed.json())
    assert api("GET", path(new["id"])).status_code == 404
    assert api("DELETE", path(f"originKey/{origin}")).status_code == 404
    again = added(api, body)
    assert again["id"] != new["id"]
    assert api("DELETE", path(f"originKey/{origin}")).status_code == 200

    lines = server.command("audit", "list", "--json", "--zone", api.zone).stdout
    events = [json.loads(line) for line in lines.splitlines()]
    mine = [each for each in events if each["action"].endswith("-provider")]
    assert [each["action"] for each in mine] == [
        *("create-provider", "change-provider", "delete-provider"),
        *("create-provider", "delete-provider"),
    ]
    assert {each["actor"]["id"] for each in mine} == {api.credentials["clientid"]}
    assert SECRET not in lines


def test_a_tenant_of_sap_by_its_host_alone(platform: PlatformClient) -> None:
    """As scripts that establish trust send it."""
    api = api_client(platform)
    assert api.get(path("ias")) == api.get(path("ias/status")) == []
    body = {"type": "oidc1.0", "config": {"iasTenant": {"host": HOST}}}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = api("POST", PROVIDERS, data=json.dumps(body), headers=headers)
    assert response.status_code == 201, response.text
    new = response.json()
    assert (new["originKey"], new["name"], new["active"]) == ("sap.custom", HOST, True)
    config = new["config"]
    assert config["iasTenant"] == {"host": HOST}
    assert (config["issuer"], config["relyingPartyId"]) == (f"https://{HOST}", api.zone)
    tenant = {"host": HOST, "originKey": "sap.custom", "active": True}
    assert api.get(path("ias")) == api.get(path("ias/status")) == [tenant]
    assert api.get(path(f"ias/{HOST}")) == tenant
    assert api("GET", path("ias/other.accounts.ondemand.com")).status_code == 404
    assert api("POST", PROVIDERS, body).status_code == 409
    changed = config | {"relyingPartyId": "registered", "relyingPartySecret": SECRET}
    registered = api("PUT", path("sap.custom"), {"config": changed})
    assert registered.json()["config"] == config | {"relyingPartyId": "registered"}


@pytest.mark.parametrize(
    "host",
    [
        *("a.example.org/path", "user@a.example.org", "a b.example.org", "a.example.org "),
        *("a.example.org:443", "a.example.org#", "a.example.org?x", "https://a.example.org"),
        *("127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "a..example.org", ""),
        *("-a.example.org", "a.example.org.", "a\\.example.org", "a%2F.example.org", "\u2025.org"),
        *("A.example.org", "x" * 64 + ".org", "a." * 127 + "org", "a\n.example.org"),
    ],
)
def test_a_host_is_a_name_only(api: ApiClient, host: str) -> None:
    """I-34."""
    body = {"type": "oidc1.0", "config": {"iasTenant": {"host": host}}}
    refused = api("POST", PROVIDERS, body)
    assert refused.status_code == 400
    assert "config.iasTenant.host: " in refused.json()["error"]
    assert len(api.get(PROVIDERS)) == 1


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (a_provider(type="saml"), "type: saml"),
        (a_provider(type="ldap"), 'type: "ldap"'),
        (a_provider(type=None), "type: missing"),
        (a_provider(originKey=None), "originKey: missing"),
        (a_provider(originKey="ldap"), "originKey: "),
        (a_provider(originKey="sap.default"), "originKey: "),
        (a_provider(originKey="a/b"), "originKey: "),
        (a_provider(originKey="x" * 37), "originKey: "),
        (a_provider(name="a\nb"), "name: "),
        (a_provider(active=True, isActive=False), "isActive: "),
        (a_provider(active="true"), "active: "),
        (a_provider(config={"issuer": "not a URL"}), "config.issuer: "),
        (a_provider(config={"skipSslValidation": True}), "config.skipSslValidation: "),
        (a_provider(config={"passwordGrantEnabled": True}), "config.passwordGrantEnabled: "),
        (a_provider(config={"responseType": "token"}), "config.responseType: "),
        (a_provider(config={"additionalConfiguration": {"a": 1}}), "config.additional"),
        (a_provider(config={"idpSecret": SECRET}), "config.idpSecret: "),
        (a_provider(config={"relyingPartySecret": {"a": SECRET}}), "config.relyingPartySecret: "),
        (a_provider(config={"iasTenant": {"host": HOST}}), "config.iasTenant: another host"),
        (a_provider(config={"iasTenant": {"host": HOST, "x": 1}}), "config.iasTenant.x: "),
        (a_provider(config={"iasTenant": HOST}), "config.iasTenant: "),
        (a_provider() | {"config": "{not JSON"}, "config: "),
        (a_provider() | {"config": json.dumps([SECRET])}, "config: "),
        (a_provider() | {"config": [SECRET]}, "config"),
        (a_provider() | {"config": {}}, "config.issuer is missing"),
        (a_provider(zone="other"), "zone: "),
        ([a_provider()], "a JSON array"),
    ],
)
def test_what_is_refused_adds_nothing(api: ApiClient, body: JsonObject, where: str) -> None:
    refused = api("POST", PROVIDERS, body)
    assert refused.status_code == 400, refused.text
    assert where in refused.json()["error"]
    assert SECRET not in refused.text
    assert len(api.get(PROVIDERS)) == 1


def test_config_as_a_string(api: ApiClient) -> None:
    """As clients of UAA send it."""
    body = a_provider()
    new = added(api, body | {"config": json.dumps(body["config"])})
    assert new["config"]["issuer"] == body["config"]["issuer"]
    duplicate = '{"issuer": "https://a.example.org", "issuer": "https://b.example.org"}'
    refused = api("PUT", path(new["id"]), {"config": duplicate})
    assert refused.status_code == 400
    assert api("DELETE", path(new["id"])).status_code == 200


def test_each_field_of_the_model(api: ApiClient) -> None:
    """TH-15: those that the server sets have no effect, origin and type cannot change."""
    new = added(api, a_provider())
    forged = {
        "id": a_guid(),
        "version": 99,
        "created": 1,
        "last_modified": 1,
        "identityZoneId": a_guid(),
        "aliasId": a_guid(),
        "aliasZid": a_guid(),
    }
    assert api("PUT", path(new["id"]), new | forged).json() == new
    for change in ({"originKey": "other"}, {"originKey": "sap.default"}, {"type": "uaa"}):
        refused = api("PUT", path(new["id"]), new | change)
        assert (refused.status_code, "cannot change" in refused.text) == (400, True)
    created = added(api, a_provider() | forged)
    assert not {created[name] for name in ("id", "created")} & {*forged.values()}
    assert (created["version"], created["identityZoneId"]) == (1, api.zone)
    for each in (new, created):
        assert api("DELETE", path(each["id"])).status_code == 200


def test_another_subaccount_s_provider_is_unknown(
    api: ApiClient, on_sqlite: PlatformClient
) -> None:
    """TH-13."""
    new, other = added(api, a_provider()), api_client(on_sqlite)
    for name in (new["id"], new["originKey"]):
        for method, body in (("GET", None), ("PUT", {"name": "Mine"}), ("DELETE", None)):
            assert other(method, path(name), body).status_code == 404
    assert other("DELETE", path(f"originKey/{new['originKey']}")).status_code == 404
    assert api.get(path(new["id"])) == new
    assert api("DELETE", path(new["id"])).status_code == 200


def test_a_provider_of_administrators_needs_every_write_scope(platform: PlatformClient) -> None:
    """D-47: whoever configures it could be each of its users."""
    api = api_client(platform)
    body = a_provider()
    mapping = {
        "roleCollectionName": "Subaccount Administrator",
        "attributeName": "Groups",
        "attributeValue": "admins",
        "operator": "equals",
    }
    mapped = path_of("identity-providers", body["originKey"], "attributes")
    assert api("POST", mapped, mapping).status_code == 200
    ordinary = a_provider()
    for lacking in ("xs_user.write", "xs_authorization.write"):
        weak = with_scopes(api.credentials, *(each for each in ALL_SCOPES if each != lacking))
        refused = weak("POST", PROVIDERS, body)
        assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
        other = added(weak, ordinary)
        assert weak("DELETE", path(other["id"])).status_code == 200
    new = added(api, body)
    for lacking in ("xs_user.write", "xs_authorization.write"):
        weak = with_scopes(api.credentials, *(each for each in ALL_SCOPES if each != lacking))
        for method, change in (("PUT", {"name": "Mine"}), ("DELETE", None)):
            refused = weak(method, path(new["id"]), change)
            assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    assert api.get(path(new["id"])) == new
    assert api("DELETE", path(new["id"])).status_code == 200


def test_users_log_on_at_a_provider_that_the_api_added(
    servers: Callable[[str], Server], on_sqlite: PlatformClient
) -> None:
    """D-46: with its first user, who is who cannot change. I-46: users end with the provider."""
    organization = a_guid()
    with HostileProvider() as provider:
        login = ProviderLogin.create(servers("sqlite"), provider, organization)
        api = api_client(on_sqlite, organization=organization)
        assert api.zone == login.zone
        config: dict[str, Any] = provider.configuration()
        new = added(api, {"type": "oidc1.0", "originKey": login.origin, "config": config})
        assert new["config"]["relyingPartyId"] == CLIENT_ID
        assert login.claims()["origin"] == login.origin
        assert login.users() == ["anna"]
        changes: list[dict[str, Any]] = [
            {"issuer": "https://other.example.org"},
            {"relyingPartyId": "other"},
            {"tokenKeyUrl": "https://other.example.org/keys"},
            {"attributeMappings": {"user_name": "email"}},
        ]
        for change in changes:
            refused = api("PUT", path(new["id"]), {"config": config | change})
            assert refused.status_code == 409, refused.text
            assert api.get(path(new["id"])) == new
        changed = config | {"emailDomain": ["example.org"]}
        assert api("PUT", path(new["id"]), {"config": changed}).status_code == 200
        assert "code" in query_of(login.finish(login.browser()))
        assert api("PUT", path(new["id"]), {"isActive": False}).status_code == 200
        inactive = login.browser().authorize(login.credentials, idp=login.origin)
        assert inactive.status_code == 400
        assert api("DELETE", path(new["id"])).status_code == 200
        assert login.users() == []
