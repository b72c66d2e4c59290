"""The requests of programs that use SCIM, on both databases (§3.5, §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.support.administration import api_client

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

ANY = {"If-Match": "*"}


@pytest.fixture
def api_on(platform: PlatformClient) -> ApiClient:
    """A client with all scopes in a new zone, of either database."""
    return api_client(platform)


@dataclass(frozen=True)
class Provisioning:
    """Reads and writes users and groups as SAP's Identity Provisioning is documented to do."""

    api: ApiClient
    page_size: int = 500

    def all(self, path: str, filter_: str = "") -> list[dict[str, Any]]:
        """Return all resources, reading page by page."""
        resources: list[dict[str, Any]] = []
        while True:
            params = {"startIndex": str(len(resources) + 1), "count": str(self.page_size)}
            if filter_:
                params["filter"] = filter_
            page = self.api.get(path, params=params)
            resources += page["resources"]
            if not page["resources"] or len(resources) >= page["totalResults"]:
                return resources

    def user(self, name: str, origin: str = "sap.default") -> dict[str, Any] | None:
        """Resolve a user by its name and origin."""
        found = self.all("/Users", f'userName eq "{name}" and origin eq "{origin}"')
        return found[0] if found else None

    def write_user(self, name: str, family_name: str) -> str:
        """Create the user, or replace the one that exists; return its id."""
        body = {
            "userName": name,
            "origin": "sap.default",
            "name": {"givenName": "G", "familyName": family_name},
            "emails": [{"value": f"{family_name}@example.com", "primary": True, "type": "work"}],
            "active": True,
            "schemas": ["urn:scim:schemas:core:1.0"],
        }
        response = self.api("POST", "/Users", body)
        if response.status_code == 409:
            user = self.user(name)
            assert user
            path = f"/Users/{user['id']}"
            response = self.api("PUT", path, {**body, "id": user["id"]}, headers=ANY)
            assert response.status_code == 200, response.text
        user_id: str = response.json()["id"]
        return user_id

    def write_group(self, name: str, user_ids: list[str]) -> None:
        """Create the group, or give the one that exists these members."""
        members = [{"value": each, "type": "USER", "origin": "sap.default"} for each in user_ids]
        body = {"displayName": name, "members": members}
        response = self.api("POST", "/Groups", body)
        if response.status_code == 409:
            response = self.api("PUT", f"/Groups/{quote(name)}", body, headers=ANY)
        assert response.status_code in {200, 201}, response.text


@pytest.mark.parametrize("page_size", [500, 3])
def test_identity_provisioning(api_on: ApiClient, page_size: int) -> None:
    target = Provisioning(api_on, page_size)
    ids = {name: target.write_user(name, "First") for name in ("u-1", "u-2", "u-3", "u-4", "u-5")}
    assert {each["userName"]: each["id"] for each in target.all("/Users")} == ids
    target.write_group("Group", list(ids.values()))
    target.write_group("Empty", [])
    names = [each["id"] for each in target.all("/Groups")]
    assert names == ["Empty", "Group", "Subaccount Administrator", "Subaccount Viewer"]

    # A second run changes what is there, and adds nothing.
    assert target.write_user("U-1", "Second") == ids["u-1"]
    changed = target.user("u-1")
    assert changed is not None
    assert (changed["userName"], changed["name"]["familyName"]) == ("U-1", "Second")
    assert changed["groups"] == [{"value": "Group", "display": "Group", "type": "DIRECT"}]
    target.write_group("Group", [ids["u-1"], ids["u-2"]])
    assert len(target.all("/Users")) == len(ids)
    for user_id in (ids["u-2"], ids["u-3"]):
        assert api_on("DELETE", f"/Users/{user_id}").status_code == 200
    group = api_on.get("/Groups/Group")
    assert [each["value"] for each in group["members"]] == [ids["u-1"]]
    assert api_on("DELETE", "/Groups/Group").status_code == 200
    assert target.user("u-1") == api_on.get(f"/Users/{ids['u-1']}")
    assert target.all("/Users", 'userName eq "u-2"') == []


def test_pages_of_many_users(api: ApiClient, sqlite_server: Server) -> None:
    """More users than a page of 500 has; users are found by name, and by name and origin."""
    target = Provisioning(api)
    sqlite_server.command(
        *("providers", "add", "corp", "--zone", api.zone, "--issuer", "https://corp.example.org"),
        *("--client-id", "app", "--secret-stdin"),
        stdin="s3cret\n",
    )
    users = [{"username": f"many-{number:03}", "email": "m@example.com"} for number in range(503)]
    for start in range(0, len(users), 100):
        created = api("POST", "/sap/rest/user/bulk", users[start : start + 100])
        assert created.status_code == 200, created.text
    of_corp = {"username": "many-007", "origin": "corp", "email": "m@example.com"}
    assert api("POST", "/sap/rest/user", of_corp).status_code == 200
    names = [each["userName"] for each in target.all("/Users", 'userName sw "many-"')]
    assert sorted(names) == sorted([*(each["username"] for each in users), "many-007"])
    found = target.all("/Users", 'userName eq "MANY-007"')
    assert {each["origin"] for each in found} == {"sap.default", "corp"}
    for origin in ("sap.default", "corp"):
        user = target.user("many-007", origin)
        assert user is not None
        assert user["origin"] == origin


def test_members_are_updated_by_patch(api: ApiClient) -> None:
    """A PATCH adds members beside the others, and removes those that it names."""
    target = Provisioning(api)
    first, second, third = (target.write_user(f"member-{number}", "M") for number in range(3))
    target.write_group("Patched", [first, second])
    changes = {"members": [{"value": third}, {"value": first, "operation": "delete"}]}
    changed = api("PATCH", "/Groups/Patched", changes, headers=ANY)
    assert changed.status_code == 200, changed.text
    members = api.get("/Groups/Patched")["members"]
    assert {each["value"] for each in members} == {second, third}
    cleared = api("PATCH", "/Groups/Patched", {"meta": {"attributes": ["members"]}}, headers=ANY)
    assert cleared.json()["members"] == []


def test_user_management_of_an_application(api_on: ApiClient) -> None:
    """List, create, PATCH with any version, add and remove members."""
    body = {"userName": "anna@example.com", "emails": [{"value": "anna@example.com"}]}
    user = api_on("POST", "/Users", body).json()
    path = f"/Users/{user['id']}"
    listed = api_on.get("/Users", params={"filter": f'userName eq "{user["userName"]}"'})
    assert listed["resources"] == [user]
    response = api_on("PATCH", path, {"name": {"givenName": "Anna"}}, headers=ANY)
    assert response.status_code == 200
    assert re.fullmatch(r'"\d+"', response.headers["ETag"])
    collection = "/Groups/Subaccount%20Viewer/members"
    added = api_on(
        "POST", collection, {"origin": user["origin"], "type": "USER", "value": user["id"]}
    )
    assert added.status_code == 201
    assert [each["display"] for each in api_on.get(path)["groups"]] == ["Subaccount Viewer"]
    assert api_on("DELETE", f"{collection}/{user['id']}").status_code == 200
    assert api_on.get(path)["groups"] == []
