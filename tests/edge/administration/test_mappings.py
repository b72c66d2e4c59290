"""Mappings of providers over the administration API (§3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.administration import ALL_SCOPES, api_client, path_of, with_scopes
from tests.support.platform import a_guid

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient

ATTRIBUTES = path_of("identity-providers", "corp", "attributes")


def of_corp(*segments: str) -> str:
    return path_of("identity-providers", "corp", *segments)


def a_collection(api: ApiClient) -> str:
    name = f"Team {a_guid()}"
    created = api("POST", path_of("rolecollections"), {"name": name})
    assert created.status_code == 200, created.text
    return name


def a_mapping(collection: str, **changes: Any) -> dict[str, Any]:
    return {
        "roleCollectionName": collection,
        "attributeName": "Groups",
        "attributeValue": "all / managers",
        "operator": "equals",
        **changes,
    }


def test_the_life_of_a_mapping(platform: PlatformClient) -> None:
    """The statuses and bodies that SAP's Crossplane provider asserts."""
    api = api_client(platform)
    collection = a_collection(api)
    added = api("POST", ATTRIBUTES, a_mapping(collection))
    assert (added.status_code, added.content) == (200, b"")
    assert api("POST", ATTRIBUTES, a_mapping(collection)).status_code == 200
    listed = api.get(of_corp("attributes", "Groups", "rolecollections", collection))
    assert listed == [
        {
            "roleCollectionName": collection,
            "roleCollectionIdentityZone": api.zone,
            "samlAttrName": "Groups",
            "attributeName": "Groups",
            "samlAttrValue": "all / managers",
            "samlAttributeValue": "all / managers",
            "attributeValue": "all / managers",
            "comparisonOperator": "equals",
            "samlEntityId": "corp",
            "idpId": "corp",
            "idpDisplayName": "corp",
        }
    ]
    assert api.get(of_corp("rolecollections", collection)) == listed
    assert api.get(of_corp("attributes", "rolecollections")) == listed
    assert api.get(of_corp("attributes", "groups", "rolecollections", collection)) == listed
    assert api.get(of_corp("attributes", "mail", "rolecollections", collection)) == []
    assert api.get(path_of("identity-providers", "other", "attributes", "rolecollections")) == []
    given = api.get(of_corp("attributes", "Groups", "all / managers"))
    assert given == [{"name": collection, "isReadOnly": False}]
    assert api.get(of_corp("attributes", "Groups", "others")) == []
    path = of_corp(
        "attributes", "Groups", "equals", "all / managers", "rolecollections", collection
    )
    removed = api("DELETE", path)
    assert (removed.status_code, removed.json()) == (200, listed[0])
    assert api("DELETE", path).status_code == 404
    assert api.get(of_corp("attributes", "Groups", "rolecollections", collection)) == []


@pytest.mark.parametrize(
    ("changes", "status", "part"),
    [
        ({"roleCollectionName": "Unknown"}, 404, "No entity found"),
        ({"operator": "contains"}, 400, "operator"),
        ({"attributeValue": ""}, 400, "value"),
        ({"attributeValue": "x" * 256}, 400, "attributeValue"),
        ({"attributeName": "a\u0000"}, 400, "attribute"),
        ({"attributeName": None}, 400, "attributeName: missing"),
        ({"comparisonOperator": "equals"}, 400, "an unknown field"),
    ],
)
def test_bad_mappings_are_refused(
    api: ApiClient, changes: dict[str, Any], status: int, part: str
) -> None:
    refused = api("POST", ATTRIBUTES, a_mapping(a_collection(api), **changes))
    assert (refused.status_code, list(refused.json())) == (status, ["error"]), refused.text
    assert part in refused.json()["error"]


def test_fields_of_responses_are_refused(api: ApiClient) -> None:
    """TH-15: a mapping has no other fields than those of the request, and its path decides."""
    collection = a_collection(api)
    body = a_mapping(collection)
    assert api("POST", ATTRIBUTES, body).status_code == 200
    (stored,) = api.get(of_corp("rolecollections", collection))
    for name in sorted(stored.keys() - body.keys()):
        for value in (stored[name], None):
            refused = api("POST", ATTRIBUTES, body | {"attributeValue": "x", name: value})
            assert (refused.status_code, name in refused.text) == (400, True)
    assert api.get(of_corp("rolecollections", collection)) == [stored]


def test_users_of_the_local_store_have_no_attributes(api: ApiClient) -> None:
    path = path_of("identity-providers", "sap.default", "attributes")
    assert api("POST", path, a_mapping(a_collection(api))).status_code == 400


def test_another_zone_has_none_of_them(api: ApiClient, on_sqlite: PlatformClient) -> None:
    collection, other = a_collection(api), api_client(on_sqlite)
    assert api("POST", ATTRIBUTES, a_mapping(collection)).status_code == 200
    assert other("POST", ATTRIBUTES, a_mapping(collection)).status_code == 404
    assert other("GET", of_corp("rolecollections", collection)).status_code == 404
    assert other.get(of_corp("attributes", "rolecollections")) == []
    assert other.get(of_corp("attributes", "Groups", "all / managers")) == []
    path = ("attributes", "Groups", "equals", "all / managers", "rolecollections", collection)
    assert other("DELETE", of_corp(*path)).status_code == 404
    assert api("DELETE", of_corp(*path)).status_code == 200


def test_a_built_in_role_needs_every_write_scope(api: ApiClient) -> None:
    """D-47, TH-13."""
    partial = with_scopes(
        api.credentials, *(each for each in ALL_SCOPES if each != "xs_user.write")
    )
    mapping = a_mapping("Subaccount Viewer")
    assert partial("POST", ATTRIBUTES, mapping).status_code == 403
    assert api("POST", ATTRIBUTES, mapping).status_code == 200
    path = ("attributes", "Groups", "equals", "all / managers", "rolecollections")
    assert partial("DELETE", of_corp(*path, "Subaccount Viewer")).status_code == 403
    assert api("DELETE", of_corp(*path, "Subaccount Viewer")).status_code == 200
