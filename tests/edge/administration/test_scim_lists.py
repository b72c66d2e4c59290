"""Lists of users and groups over HTTP (§3.5), with the requests of SAP's Identity Provisioning."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.administration import api_client, with_scopes
from tests.support.people import PASSWORD

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

VIEWERS = "Subaccount Viewer"


@pytest.fixture(scope="module")
def people(api: ApiClient, sqlite_server: Server) -> ApiClient:
    """A zone with three users; one has a role collection."""
    for name in ("anna", "o'neil+x@example.com", "Zoë"):
        sqlite_server.command(
            *("users", "add", name, "--email", f"x{len(name)}@example.com", "--zone", api.zone),
            "--password-stdin",
            stdin=PASSWORD,
        )
    sqlite_server.command(
        *("role-collections", "assign", VIEWERS, "--user", "anna", "--zone", api.zone)
    )
    return api


def names(api: ApiClient, **params: str) -> list[str]:
    return [each["userName"] for each in api.get("/Users", params=params)["resources"]]


def test_a_list_has_the_envelope_of_uaa(people: ApiClient) -> None:
    found = people.get("/Users", params={"count": "500"})
    assert {name: value for name, value in found.items() if name != "resources"} == {
        "startIndex": 1,
        "itemsPerPage": 500,
        "totalResults": 3,
        "schemas": ["urn:scim:schemas:core:1.0"],
    }
    first = found["resources"][0]
    assert first["groups"] == [{"value": VIEWERS, "display": VIEWERS, "type": "DIRECT"}]
    response = people("GET", f"/Users/{first['id']}")
    assert response.json() == first
    assert response.headers["ETag"] == f'"{first["meta"]["version"]}"'


def test_pages_filters_and_orders(people: ApiClient) -> None:
    pages = [names(people, startIndex=str(start), count="2") for start in (1, 3, 5)]
    assert pages == [["anna", "o'neil+x@example.com"], ["Zoë"], []]
    assert names(people, sortBy="userName", sortOrder="descending")[0] == "Zoë"
    for filter_, expected in (
        ('userName eq "O\'NEIL+x@example.com" and origin eq "sap.default"', 1),
        ('userName eq "ZOË"', 1),
        ('userName eq "anna" and origin eq "corp"', 0),
        ('emails.value co "EXAMPLE.com"', 3),
        ("active eq false or verified eq true", 0),
        ('meta.created gt "2020-01-01T00:00:00.000Z"', 3),
        ("lastLogonTime pr", 0),
        ('userName co "\') OR 1=1 --"', 0),
        ('userName co "%" or userName sw "_"', 0),
    ):
        assert len(names(people, filter=filter_)) == expected, filter_


def test_attributes(people: ApiClient) -> None:
    found = people.get("/Users", params={"attributes": "userName,emails.value", "count": "1"})
    assert found["resources"] == [
        {"userName": "anna", "emails": [{"value": "x4@example.com", "primary": False}]}
    ]
    groups = people.get("/Groups", params={"attributes": "displayName"})["resources"]
    assert groups[1] == {"displayName": VIEWERS}


def test_refused_filters(people: ApiClient) -> None:
    for path in ("/Users", "/Groups"):
        response = people("GET", path, params={"filter": "password pr"})
        assert response.status_code == 400
        assert response.json() | {"violations": []} == {
            "error": "invalid_scim_resource",
            "error_description": "Invalid filter expression: [password pr]",
            "message": "Invalid filter expression: [password pr]",
            "violations": [],
        }
        for text in ("(" * 10_000, "(" * 2000, '"', "\x00", "\\" * 500):
            response = people("GET", path, params={"filter": text})
            assert response.status_code in {400, 414, 431}, text


def test_unknown_users_and_groups(people: ApiClient) -> None:
    response = people("GET", "/Users/none")
    assert response.status_code == 404
    assert response.json() == {
        "error": "scim_resource_not_found",
        "error_description": "User none does not exist",
        "message": "User none does not exist",
    }
    for name in ("..", "a/b", "%2F", "x" * 65, "o'neil", "a\x00b"):
        encoded = quote(name, safe="")
        assert people("GET", f"/Users/{encoded}").status_code == 404
        assert people("GET", f"/Groups/{encoded}").status_code == 404
        assert people("GET", f"/Groups/{encoded}/members/x").status_code == 404


def test_groups_are_role_collections_by_their_names(people: ApiClient) -> None:
    found = people.get("/Groups")
    assert [each["id"] for each in found["resources"]] == ["Subaccount Administrator", VIEWERS]
    anna = people.get("/Users", params={"filter": 'userName eq "anna"'})["resources"][0]
    member = {"origin": "sap.default", "type": "USER", "value": anna["id"]}
    path = f"/Groups/{quote(VIEWERS)}"
    response = people("GET", path)
    group = response.json()
    assert group == found["resources"][1]
    assert (group["displayName"], group["members"]) == (VIEWERS, [member])
    assert response.headers["ETag"] == f'"{group["meta"]["version"]}"'
    assert people.get(f"{path}/members") == [member]
    assert people.get(f"{path}/members/{anna['id']}") == member
    response = people("GET", f"{path}/members/none")
    assert response.json()["message"] == f"Member none does not exist in group {VIEWERS}"


def test_another_zones_users_and_members_do_not_exist(
    people: ApiClient, on_sqlite: PlatformClient
) -> None:
    other = api_client(on_sqlite)
    anna = people.get("/Users")["resources"][0]["id"]
    assert other.get("/Users")["totalResults"] == 0
    assert other("GET", f"/Users/{anna}").status_code == 404
    assert other.get(f"/Groups/{quote(VIEWERS)}")["members"] == []
    assert other("GET", f"/Groups/{quote(VIEWERS)}/members/{anna}").status_code == 404


def test_scopes_of_roles_read_groups_but_no_users(people: ApiClient) -> None:
    roles = with_scopes(people.credentials, "xs_authorization.read")
    assert roles("GET", "/Groups").status_code == 200
    assert roles("GET", "/Users").status_code == 403
