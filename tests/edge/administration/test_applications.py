"""Applications and scopes over the administration API (§3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.service_instance import ServiceInstance
from tests.support.administration import (
    AUTHORIZATION,
    api_client,
    in_organization,
    path_of,
    with_scopes,
)
from tests.support.platform import a_guid

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient

APPS, OWN = f"{AUTHORIZATION}/apps", f"{AUTHORIZATION}/ownapp"


@pytest.fixture(scope="module")
def application(on_sqlite: PlatformClient) -> tuple[ApiClient, str, str]:
    """A client, and the ids of an application in its zone and of its service instance."""
    organization = a_guid()
    api = api_client(on_sqlite, organization=organization)
    instance = ServiceInstance(on_sqlite)
    descriptor = {
        "xsappname": f"my/app-{a_guid()}",
        "description": "An application",
        "scopes": [
            {"name": "$XSAPPNAME.read", "description": "Read", "granted-apps": ["*"]},
            {"name": "$XSAPPNAME.write"},
        ],
        "attributes": [{"name": "country"}],
        "role-templates": [{"name": "Viewer", "scope-references": ["$XSAPPNAME.read"]}],
    }
    created = on_sqlite.provision(instance.instance_id, descriptor, **in_organization(organization))
    assert created.status_code == 201, created.text
    return api, instance.create_key().credentials["xsappname"], instance.instance_id


def found_in(apps: list[dict[str, Any]], app_id: str) -> dict[str, Any]:
    (found,) = [each for each in apps if each["appid"] == app_id]
    return found


def test_lists_have_explicit_nulls_and_no_details(application: tuple[ApiClient, str, str]) -> None:
    """The fields that were recorded from the original, in its order."""
    api, app_id, instance_id = application
    apps = api.get(APPS)
    listed = found_in(apps, app_id)
    assert [*listed] == [
        *("appid", "serviceinstanceid", "planId", "planName", "orgId", "spaceId", "userName"),
        *("description", "masterAppId", "tenantId", "instanceSecretLastUsedAt", "xsappname"),
        *("attributes", "oauth2-configuration", "tenant-mode"),
    ]
    assert listed["serviceinstanceid"] == instance_id
    assert listed["userName"] is listed["masterAppId"] is listed["instanceSecretLastUsedAt"] is None
    assert (listed["tenantId"], listed["planName"]) == (api.zone, "application")
    assert listed["description"] == "An application"
    assert listed["xsappname"] == app_id.rpartition("!")[0]
    assert listed["attributes"] == [
        {"name": "country", "valueType": "string", "valueRequired": True}
    ]
    settings = listed["oauth2-configuration"]
    assert (settings["token-validity"], settings["refresh-token-validity"]) == (0, 0)
    assert settings["allowedproviders"] is None
    assert settings["system-attributes"] == ["groups", "rolecollections"]
    assert "authorization_code" in settings["grant-types"]
    built_in = found_in(apps, next(each["appid"] for each in apps if "xsuaa!" in each["appid"]))
    assert (built_in["serviceinstanceid"], built_in["xsappname"]) == (None, "xsuaa")
    hidden = api.get(path_of("apps", app_id), params={"hideDetails": "true"})
    assert hidden == listed


def test_selections(application: tuple[ApiClient, str, str]) -> None:
    api, app_id, _ = application

    def ids(**params: str) -> list[str]:
        return [each["appid"] for each in api.get(APPS, params=params)]

    everything = ids()
    listed = found_in(api.get(APPS), app_id)
    assert ids(onlyForXsappname=listed["xsappname"]) == [app_id]
    assert app_id in ids(onlyForOrgId=listed["orgId"])
    assert ids(onlyForOrgId=a_guid()) == []
    assert ids(onlyForSubaccountId=api.zone, onlyWithClientId="false", other="x") == everything
    assert ids(onlyForSubaccountId=a_guid()) == []
    refused = api("GET", APPS, params={"onlyWithClientId": "perhaps"})
    assert refused.status_code == 400


def test_one_application_with_its_details(application: tuple[ApiClient, str, str]) -> None:
    api, app_id, instance_id = application
    shown = api.get(path_of("apps", app_id))
    assert shown["scopes"] == [
        {"name": f"{app_id}.read", "description": "Read", "granted-apps": ["*"]},
        {"name": f"{app_id}.write"},
    ]
    assert shown["authorities"] == ["uaa.resource"]
    assert shown["foreign-scope-references"] == []
    (template,) = shown["role-templates"]
    assert "description" not in template
    assert (template["name"], template["appId"]) == ("Viewer", app_id)
    by_instance = path_of("apps", instance_id)
    assert api.get(by_instance, params={"isServiceInstanceId": "true"}) == shown
    assert api("GET", by_instance).status_code == 404
    scopes = path_of("apps", app_id, "scopes")
    assert api.get(scopes) == shown["scopes"]
    for name in (f"{app_id}.read", "read"):
        assert api.get(path_of("apps", app_id, "scopes", name)) == shown["scopes"][0]
    assert api("GET", path_of("apps", app_id, "scopes", "none")).status_code == 404
    assert api.get(path_of("apps", app_id, "authorities")) == []


def test_the_own_application_is_that_of_the_token(application: tuple[ApiClient, str, str]) -> None:
    api, _, _ = application
    own = api.get(OWN)
    assert own["serviceinstanceid"] == api.instance_id
    assert "xs_user.read" in own["authorities"]
    assert (own["planName"], own["scopes"], own["role-templates"]) == ("apiaccess", [], [])
    assert own["oauth2-configuration"]["credential-types"] == ["binding-secret"]
    usage = api.get(f"{OWN}/usage", params={"listSubscriptions": "true", "tenant": api.zone})
    assert usage["subscriptions"] == []
    assert {each for each in usage.values() if isinstance(each, int)} == {0}
    assert "cloneSubscriptions" not in usage


def test_authorities_need_no_administrator_s_scope(application: tuple[ApiClient, str, str]) -> None:
    api, app_id, _ = application
    client = with_scopes(api.credentials, "uaa.resource")
    path = path_of("apps", app_id, "authorities")
    assert client.get(path, params={"grantedByAppId": "other!t1"}) == []
    assert client("GET", path_of("apps", app_id)).status_code == 403


@pytest.mark.parametrize(
    "name", ["..", "a/b", "%2F", "x" * 65, "x" * 300, "über", "o'neil+x@example.com", "a\x00b"]
)
def test_names_in_paths_reach_no_other_application(api: ApiClient, name: str) -> None:
    for path in (
        path_of("apps", name),
        path_of("apps", name, "scopes"),
        path_of("apps", name, "scopes", name),
        path_of("apps", name, "authorities"),
    ):
        response = api("GET", path)
        assert response.status_code == 404
        assert response.json()["error"].startswith("There is no application")


def test_another_zone_has_none_of_them(
    application: tuple[ApiClient, str, str], on_sqlite: PlatformClient
) -> None:
    api, app_id, instance_id = application
    other = api_client(on_sqlite)
    for path in (
        path_of("apps", app_id),
        path_of("apps", app_id, "scopes"),
        path_of("apps", app_id, "scopes", "read"),
        path_of("apps", app_id, "authorities"),
    ):
        assert api("GET", path).status_code == 200, path
        assert other("GET", path).status_code == 404, path
    by_instance = {"isServiceInstanceId": "true"}
    assert other("GET", path_of("apps", instance_id), params=by_instance).status_code == 404
    assert app_id not in [each["appid"] for each in other.get(APPS)]
