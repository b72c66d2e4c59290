"""Changes of groups over HTTP (§3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.support.administration import with_scopes

if TYPE_CHECKING:
    from tests.support.administration import ApiClient

ANY = {"If-Match": "*"}
VIEWERS = "/Groups/Subaccount%20Viewer"


def a_user_of(api: ApiClient) -> str:
    """Create a user; return its id."""
    body = {"userName": f"user-{uuid4().hex[:12]}", "emails": [{"value": "a@example.com"}]}
    response = api("POST", "/Users", body)
    assert response.status_code == 201, response.text
    user_id: str = response.json()["id"]
    return user_id


def member(user_id: str, **more: Any) -> dict[str, Any]:
    return {"origin": "sap.default", "type": "USER", "value": user_id, **more}


@pytest.mark.parametrize("name", ["a/b", "Käufer & Co: 100%", "..", "x" * 64, "group's (+1)"])
def test_a_group_has_its_name_as_id(api: ApiClient, name: str) -> None:
    response = api("POST", "/Groups", {"displayName": name, "id": "mine"})
    assert response.status_code == 201, response.text
    group = response.json()
    assert (group["id"], group["displayName"], group["members"]) == (name, name, [])
    path = f"/Groups/{quote(name, safe='')}"
    assert api.get(path) == group
    response = api("POST", "/Groups", {"displayName": name})
    assert (response.status_code, response.json()["error"]) == (409, "scim_resource_already_exists")
    response = api("DELETE", path, headers={"If-Match": f'"{group["meta"]["version"]}"'})
    assert (response.status_code, response.json()) == (200, group)
    response = api("DELETE", path)
    assert response.status_code == 404
    assert response.json()["message"] == f"Group {name} does not exist"


def test_members_by_put_and_patch(api: ApiClient) -> None:
    ids = [a_user_of(api) for _ in range(3)]
    body = {"displayName": "Group", "description": "text", "members": [member(ids[0])]}
    created = api("POST", "/Groups", body).json()
    path = "/Groups/Group"

    def members_after(method: str, body: dict[str, Any]) -> set[str]:
        version = api("GET", path).headers["ETag"]
        response = api(method, path, body, headers={"If-Match": version})
        assert response.status_code == 200, response.text
        assert response.headers["ETag"] == f'"{response.json()["meta"]["version"]}"'
        return {each["value"] for each in response.json()["members"]}

    assert members_after("PATCH", {"members": [member(ids[1])]}) == set(ids[:2])
    assert members_after("PUT", created | {"members": [member(ids[2])]}) == {ids[2]}
    both = [member(ids[2], operation="delete"), member(ids[0], operation="add")]
    assert members_after("PATCH", {"members": both}) == {ids[0]}
    replaced = {"meta": {"attributes": ["members"]}, "members": [member(ids[1])]}
    assert members_after("PATCH", replaced) == {ids[1]}
    assert members_after("PATCH", {"description": "other"}) == {ids[1]}
    assert members_after("PUT", {"displayName": "Group"}) == set()
    assert api.get(path)["description"] == "other"
    stale = api("PUT", path, created, headers={"If-Match": str(created["meta"]["version"])})
    assert (stale.status_code, stale.json()["error"]) == (409, "scim_resource_conflict")


def test_members_one_by_one(api: ApiClient) -> None:
    user_id = a_user_of(api)
    response = api("POST", f"{VIEWERS}/members", member(user_id))
    assert (response.status_code, response.json()) == (201, member(user_id))
    assert api.get(f"/Users/{user_id}")["groups"][0]["value"] == "Subaccount Viewer"
    response = api("POST", f"{VIEWERS}/members", {"value": user_id})
    assert response.status_code == 409
    assert response.json()["message"] == (
        f"{user_id} is already part of the group: Subaccount Viewer"
    )
    entities = {"returnEntities": "true"}
    expected = member(user_id) | {"entity": api.get(f"/Users/{user_id}")}
    assert api.get(f"{VIEWERS}/members/{user_id}") == member(user_id)
    assert api.get(f"{VIEWERS}/members/{user_id}", params=entities) == expected
    assert expected in api.get(f"{VIEWERS}/members", params=entities)
    # Without the scope that reads users, there are none.
    collections_only = with_scopes(api.credentials, "xs_authorization.read")
    assert member(user_id) in collections_only.get(f"{VIEWERS}/members")
    for path in (f"{VIEWERS}/members", f"{VIEWERS}/members/{user_id}"):
        refused = collections_only("GET", path, params=entities)
        assert (refused.status_code, refused.json()["scope"]) == (403, "xs_user.read")
    response = api("DELETE", f"{VIEWERS}/members/{user_id}")
    assert (response.status_code, response.json()) == (200, member(user_id))
    response = api("DELETE", f"{VIEWERS}/members/{user_id}")
    assert response.status_code == 404
    assert response.json()["message"] == (
        f"Member {user_id} does not exist in group Subaccount Viewer"
    )
    assert api("POST", "/Groups/none/members", {"value": user_id}).status_code == 404


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"members": [{"value": "Other", "type": "GROUP"}]}, 'type: "GROUP"; allowed: USER'),
        ({"members": [{"type": "USER"}]}, "members[0].value: missing"),
        ({"members": [{"value": "none"}]}, "Invalid group member: none"),
        ({"members": [{"value": "a"}, {"value": "a"}]}, "members: a user twice"),
        ({"displayName": "Other"}, 'displayName: "Other"; allowed: "Subaccount Viewer": the name'),
        ({"roles": []}, "roles: an unknown field"),
        ({"meta": {"attributes": ["displayName"]}}, "meta.attributes: "),
        ({"description": "x" * 1001}, "description: 1001 characters; at most 1000"),
    ],
)
def test_refused_changes(api: ApiClient, body: dict[str, Any], text: str) -> None:
    before = api.get(VIEWERS)
    response = api("PATCH", VIEWERS, body, headers=ANY)
    assert response.status_code == 400, response.text
    assert response.json()["message"].startswith(text)
    assert api.get(VIEWERS) == before


def test_a_group_is_no_member(api: ApiClient) -> None:
    body = {"value": "Subaccount Administrator", "type": "GROUP", "origin": "sap.default"}
    for path, sent in ((f"{VIEWERS}/members", body), ("/Groups", {"members": [body]})):
        response = api("POST", path, {"displayName": "New", **sent} if path == "/Groups" else sent)
        assert response.status_code == 400
        assert 'type: "GROUP"; allowed: USER' in response.json()["message"]


def test_changes_without_version(api: ApiClient) -> None:
    for method in ("PUT", "PATCH"):
        response = api(method, VIEWERS, {})
        assert response.status_code == 400
        assert response.json()["message"] == f"Missing If-Match for {method}"


def test_declared_groups_are_read_only(api: ApiClient) -> None:
    """Only their members change, and nothing else is stored."""
    group = api.get(VIEWERS)
    response = api("PUT", VIEWERS, {**group, "description": "new"}, headers=ANY)
    assert (response.status_code, response.json()["error"]) == (403, "access_denied")
    response = api("DELETE", VIEWERS)
    assert response.status_code == 403
    sent_back = {**group, "zoneId": "x", "schemas": [], "meta": {"version": 7}}
    assert api("PUT", VIEWERS, sent_back, headers=ANY).json() == group
