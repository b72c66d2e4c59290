"""Security settings, token policy and signing keys over the administration API (§3.8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.clients.service_instance import ServiceInstance
from tests.support.administration import (
    ALL_SCOPES,
    AUTHORIZATION,
    api_client,
    in_organization,
    path_of,
    with_scopes,
)
from tests.support.application import fetch_token
from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import JsonObject, PlatformClient
    from tests.support.server import Server

SETTINGS = f"{AUTHORIZATION}/securitySettings"
PUBLIC = f"{SETTINGS}/public"
POLICY = "tokenPolicySettings"


def changed(api: ApiClient, **changes: Any) -> JsonObject:
    """Change settings; return all of them."""
    response = api("PATCH", SETTINGS, changes)
    assert response.status_code == 200, response.text
    found: JsonObject = response.json()
    assert found == api.get(SETTINGS)
    return found


def test_the_settings_of_a_new_subaccount(api: ApiClient) -> None:
    """The keys and defaults that were recorded from the original."""
    found = api.get(SETTINGS)
    policy, infos = found.pop(POLICY), found.pop("credentialTypeInfos")
    assert found == {
        "iframeDomains": "",
        "samlConfigSettings": {"disableInResponseToCheck": False, "keys": {}},
        "links": {},
        "defaultIdp": "sap.default",
        "corsDefaultOrigins": [".*"],
        "corsXhrOrigins": [".*"],
        "treatUsersWithSameEmailAsSameUser": False,
        "useIdpUserNameInTokens": False,
        "customEmailDomains": [],
        "rotateSigningKeyAutomatically": True,
    }
    keys = policy.pop("keys")
    active, key_ids = policy.pop("activeKeyId"), policy.pop("keyIds")
    assert policy == {
        "accessTokenValidity": -1,
        "refreshTokenValidity": -1,
        "refreshTokenUnique": False,
    }
    published = requests.get(f"{api.url}/token_keys", timeout=30).json()["keys"]
    assert set(key_ids) == set(keys) == {each["kid"] for each in published}
    assert active in key_ids
    for key in keys.values():
        assert list(key) == ["created", "lastModifiedAt", "nextRotationDate", "fipsCompliant"]
        for name in ("created", "lastModifiedAt"):
            time = datetime.strptime(key[name], "%a %b %d %H:%M:%S UTC %Y").replace(tzinfo=UTC)
            assert time <= datetime.now(UTC)
    assert [each["serviceInstanceId"] for each in infos] == [api.instance_id]


def test_every_binding_of_the_subaccount_has_its_type(on_sqlite: PlatformClient) -> None:
    organization = a_guid()
    api, instance = api_client(on_sqlite, organization=organization), ServiceInstance(on_sqlite)
    types = credential_types("instance-secret", "binding-secret", "x509")
    descriptor = a_descriptor(oauth2_configuration=types)
    created = on_sqlite.provision(instance.instance_id, descriptor, **in_organization(organization))
    assert created.status_code == 201, created.text
    keys = {each: a_guid() for each in ("instance-secret", "binding-secret", "x509")}
    for type_, key in keys.items():
        bound = on_sqlite.bind(instance.instance_id, key, {"credential-type": type_})
        assert bound.status_code == 201, bound.text
    app_id = bound.json()["credentials"]["xsappname"]
    infos = api.get(SETTINGS)["credentialTypeInfos"]
    expected = [
        {
            "tenantId": api.zone,
            "serviceInstanceId": instance.instance_id,
            "appId": app_id,
            "credentialType": {"x509": "X.509"}.get(type_, type_),
            "bindingId": key,
        }
        for type_, key in keys.items()
    ]
    mine = [each for each in infos if each["serviceInstanceId"] == instance.instance_id]
    assert sorted(mine, key=str) == sorted(expected, key=str)
    assert len(infos) == 4
    assert all(
        each["serviceInstanceId"] != instance.instance_id
        for each in api_client(on_sqlite).get(SETTINGS)["credentialTypeInfos"]
    )


def test_settings_are_changed_one_by_one(platform: PlatformClient, server: Server) -> None:
    api = api_client(platform)
    before = api.get(SETTINGS)
    assert changed(api) == before
    found = changed(api, tokenPolicySettings={"accessTokenValidity": 3600})
    assert found[POLICY]["accessTokenValidity"] == 3600
    found = changed(api, tokenPolicySettings={"refreshTokenValidity": 31_536_000})
    assert found[POLICY]["accessTokenValidity"] == 3600
    found = changed(
        api,
        iframeDomains="https://a.example.org  https://*.b.example.org:8443",
        links={"homeRedirect": "https://a.example.org/home"},
        tokenPolicySettings={"refreshTokenUnique": True},
        defaultIdp="uaa",
    )
    assert found["iframeDomains"] == "https://a.example.org https://*.b.example.org:8443"
    assert found["links"] == {"homeRedirect": "https://a.example.org/home"}
    assert (found["defaultIdp"], found[POLICY]["refreshTokenUnique"]) == ("sap.default", True)
    stored = json.loads(server.command("zones", "show", api.zone, "--json").stdout)["settings"]
    assert stored["iframe_domains"] == ["https://a.example.org", "https://*.b.example.org:8443"]
    # A client sends back what it has read.
    assert changed(api, **found) == found
    reset = changed(
        api,
        iframeDomains="",
        links={"homeRedirect": ""},
        tokenPolicySettings={
            "accessTokenValidity": -1,
            "refreshTokenValidity": -1,
            "refreshTokenUnique": False,
        },
    )
    assert reset == before
    lines = server.command("audit", "list", "--json", "--zone", api.zone).stdout.splitlines()
    changes = [each for each in map(json.loads, lines) if each["action"] == "change-zone"]
    assert len(changes) == 4
    assert {each["actor"]["id"] for each in changes} == {api.credentials["clientid"]}


def test_the_policy_limits_the_next_token(platform: PlatformClient) -> None:
    organization = a_guid()
    api = api_client(platform, organization=organization)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(), **in_organization(organization)).ok
    credentials = platform.bind(instance, a_guid()).json()["credentials"]
    assert fetch_token(credentials).json()["expires_in"] == 43_199
    for most in (1800, 7200):
        changed(api, tokenPolicySettings={"accessTokenValidity": most})
        for _ in range(8):  # each worker
            assert fetch_token(credentials).json()["expires_in"] == most - 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({POLICY: {"accessTokenValidity": 1799}}, "tokenPolicySettings.accessTokenValidity"),
        ({POLICY: {"accessTokenValidity": 86_401}}, "tokenPolicySettings.accessTokenValidity"),
        ({POLICY: {"accessTokenValidity": 0}}, "tokenPolicySettings.accessTokenValidity"),
        ({POLICY: {"accessTokenValidity": True}}, "tokenPolicySettings.accessTokenValidity"),
        ({POLICY: {"accessTokenValidity": "3600"}}, "tokenPolicySettings.accessTokenValidity"),
        ({POLICY: {"accessTokenValidity": 10**40}}, "tokenPolicySettings.accessTokenValidity"),
        ({POLICY: {"refreshTokenValidity": 31_536_001}}, "tokenPolicySettings.refreshToken"),
        ({POLICY: {"keyId": "k2"}}, "tokenPolicySettings.keyId"),
        ({POLICY: {"keyId": "k2", "changeMode": "UNKNOWN"}}, "tokenPolicySettings.changeMode"),
        ({POLICY: {"refreshTokenRotate": True}}, "tokenPolicySettings.refreshTokenRotate"),
        ({POLICY: []}, "tokenPolicySettings"),
        ({"defaultIdp": "nowhere"}, "defaultIdp"),
        ({"defaultIdp": "x" * 256}, "defaultIdp"),
        ({"iframeDomains": "https://a.example.org/path"}, "iframeDomains[0]"),
        ({"iframeDomains": "https://a.example.org;script-src"}, "iframeDomains[0]"),
        ({"iframeDomains": ["https://a.example.org"]}, "iframeDomains"),
        ({"links": {"homeRedirect": "javascript:alert(1)"}}, "links.homeRedirect"),
        ({"links": {"selfService": "x"}}, "links.selfService"),
        ({"corsDefaultOrigins": ["https://a.example.org"]}, "corsDefaultOrigins"),
        ({"corsXhrOrigins": []}, "corsXhrOrigins"),
        ({"treatUsersWithSameEmailAsSameUser": True}, "treatUsersWithSameEmailAsSameUser"),
        ({"useIdpUserNameInTokens": True}, "useIdpUserNameInTokens"),
        ({"customEmailDomains": ["example.org"]}, "customEmailDomains"),
        ({"rotateSigningKeyAutomatically": False}, "rotateSigningKeyAutomatically"),
        ({"samlConfigSettings": {"keyId": "k", "changeMode": "ADD"}}, "samlConfigSettings.keyId"),
        ({"samlConfigSettings": {"disableInResponseToCheck": True}}, "samlConfigSettings.disable"),
        ({"zoneId": "z"}, "zoneId"),
        ([], "body"),
        (7, "body"),
    ],
)
def test_what_is_refused_changes_nothing(api: ApiClient, body: Any, path: str) -> None:
    """Also the valid parts of the same request."""
    before = api.get(SETTINGS)
    if isinstance(body, dict) and POLICY not in body:
        body |= {POLICY: {"accessTokenValidity": 5000}}
    refused = api("PATCH", SETTINGS, body)
    assert refused.status_code == 400, refused.text
    assert path in refused.json()["error"] or path == "body"
    assert api.get(SETTINGS) == before


@pytest.mark.parametrize(
    ("mode", "command"),
    [
        ("ADD", "keys rotate"),
        ("UPDATE", "keys rotate --force"),
        ("DELETE", "keys revoke KEY --now"),
        ("FORCE_UPDATE", "keys rotate --force"),
        ("FORCE_DELETE", "keys revoke KEY --now"),
    ],
)
def test_signing_keys_are_changed_by_the_operator_only(
    api: ApiClient, mode: str, command: str
) -> None:
    """D-47, D-56: no token of the API is the operator's."""
    before = api.get(SETTINGS)
    kid = before[POLICY]["activeKeyId"]
    policy = {"keyId": kid, "changeMode": mode, "accessTokenValidity": 1800}
    refused = api("PATCH", SETTINGS, {POLICY: policy})
    assert refused.status_code == 403
    assert f"xsuaa-broker {command}" in refused.json()["error"]
    assert api.get(SETTINGS) == before


def test_each_field_that_the_server_sets_has_no_effect(api: ApiClient) -> None:
    """TH-15."""
    before = api.get(SETTINGS)
    sent = {
        POLICY: {"activeKeyId": "k", "keyIds": ["k"], "keys": {"k": {"created": "x"}}},
        "samlConfigSettings": {"entityID": "x", "activeKeyId": "k", "keys": {"k": "x"}},
        "credentialTypeInfos": [{"tenantId": a_guid(), "credentialType": "X.509"}],
    }
    assert changed(api, **sent) == before


def test_a_subaccount_changes_its_own_settings_only(
    api: ApiClient, on_sqlite: PlatformClient
) -> None:
    """TH-13."""
    other = api_client(on_sqlite)
    before = other.get(SETTINGS)
    changed(api, tokenPolicySettings={"accessTokenValidity": 4000})
    assert other.get(SETTINGS) == before
    changed(api, tokenPolicySettings={"accessTokenValidity": -1})
    others = [scope for scope in ALL_SCOPES if scope != "xs_authorization.write"]
    reader = with_scopes(api.credentials, *others)
    refused = reader("PATCH", SETTINGS, {POLICY: {"accessTokenValidity": 4000}})
    assert refused.status_code == 403
    assert reader.get(SETTINGS)[POLICY]["accessTokenValidity"] == -1


def test_public_settings_need_no_token(api: ApiClient) -> None:
    changed(api, iframeDomains="https://a.example.org")
    subdomain = api.credentials["identityzone"]

    def public(**query: str) -> requests.Response:
        return requests.get(api.url + PUBLIC, params=query, timeout=30)

    for query in ({"subdomain": subdomain}, {"tenantId": api.zone}):
        found = public(**query)
        assert (found.status_code, found.json()) == (
            200,
            {"iframeDomains": "https://a.example.org"},
        )
    invalid = requests.get(
        api.url + PUBLIC,
        params={"subdomain": subdomain},
        headers={"Authorization": "Bearer x.y.z"},
        timeout=30,
    )
    assert invalid.status_code == 200
    assert public().status_code == 400
    assert public(subdomain=subdomain, tenantId=api.zone).status_code == 400
    # Neither by index nor the operator's zone.
    for name in ("1", "0", "_operator", "nowhere", "x" * 300, "a\x00b", a_guid()):
        assert public(subdomain=name).status_code == 404, name
        assert public(tenantId=name).status_code == 404, name
    changed(api, iframeDomains="")


def test_the_default_provider_is_one_of_the_subaccount(
    platform: PlatformClient, server: Server
) -> None:
    """I-49: the origin of password grants."""
    api, origin = api_client(platform), f"o-{a_guid()[:8]}"
    assert api("PATCH", SETTINGS, {"defaultIdp": origin}).status_code == 400
    issuer = ("--issuer", f"https://{origin}.example.org", "--client-id", "app")
    server.command("providers", "add", origin, "--zone", api.zone, *issuer)
    assert changed(api, defaultIdp=origin)["defaultIdp"] == origin
    assert changed(api, defaultIdp="ldap")["defaultIdp"] == "sap.default"
    assert path_of("securitySettings") == SETTINGS
