"""Users by origin and name over the administration API (§3.4)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.administration import ALL_SCOPES, api_client, with_scopes
from tests.support.platform import a_guid

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient

VIEWERS = "Subaccount Viewer"
ADMINISTRATORS = "Subaccount Administrator"
CREATE = {"createUserIfMissing": "true"}


def path_of(name: str, collection: str = "", origin: str = "sap.default") -> str:
    path = f"/sap/rest/user/origin/{quote(origin, safe='')}/name/{quote(name, safe='')}"
    return f"{path}/rolecollections/{quote(collection, safe='')}" if collection else path


def a_collection(api: ApiClient) -> str:
    name = f"Team {a_guid()}"
    created = api("POST", "/sap/rest/authorization/v2/rolecollections", {"name": name})
    assert created.status_code == 200, created.text
    return name


def test_assignments_of_a_user(platform: PlatformClient) -> None:
    """The statuses and bodies that SAP's Crossplane provider relies on."""
    api = api_client(platform)
    name, collection = f"o'neil+{a_guid()}@example.com", a_collection(api)
    path = path_of(name, collection)
    assert api("GET", path_of(name)).status_code == 404
    assert api("PUT", path).status_code == 404
    assert api("PUT", path_of(name, "Unknown"), params=CREATE).status_code == 404
    assert api("GET", path_of(name)).status_code == 404, "the user was created"
    assigned = api("PUT", path, params=CREATE)
    assert assigned.status_code == 200, assigned.text
    user = assigned.json()
    times = {each: user.pop(each) for each in ("created", "modified")}
    for time in times.values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", time)
    assert user == {
        "id": user["id"],
        "username": name,
        "email": name,
        "origin": "sap.default",
        "zoneId": api.zone,
        "verified": False,
        "legacyVerificationBehavior": False,
        "version": 1,
        "active": True,
        "roleCollections": [collection],
    }
    again = api("PUT", path, params=CREATE)
    assert (again.status_code, again.json()["id"]) == (200, user["id"])
    assert api.get(path_of(name)) == again.json()
    assert api.get(path_of(name.upper()))["id"] == user["id"]
    assert api.get(path_of(name, origin="ldap"))["origin"] == "sap.default"
    assert api.get(f"/sap/rest/user/id/{user['id']}")["username"] == name
    removed = api("DELETE", path)
    assert (removed.status_code, removed.json()["roleCollections"]) == (200, [])
    assert api("DELETE", path).status_code == 404
    deleted = api("DELETE", path_of(name))
    assert (deleted.status_code, deleted.json()["id"]) == (200, user["id"])
    assert api("DELETE", path_of(name)).status_code == 404
    assert api("GET", f"/sap/rest/user/id/{user['id']}").status_code == 404


def test_names_and_origins(api: ApiClient) -> None:
    prefix = a_guid()
    for name in (f"{prefix}-anna", f"{prefix}-Otto"):
        assigned = api("PUT", path_of(name, VIEWERS), params=CREATE)
        assert assigned.status_code == 200, assigned.text
    names = "/sap/rest/user/origin/sap.default/name"
    found = api.get(names, params={"filter": prefix.upper()})
    assert found == [f"{prefix}-anna", f"{prefix}-Otto"]
    assert api.get(names, params={"filter": f"{prefix}_"}) == []
    assert set(found) <= set(api.get(names))
    details = api.get(names, params={"filter": prefix, "details": "true"})
    assert [(each["username"], each["roleCollections"]) for each in details] == [
        (each, [VIEWERS]) for each in found
    ]
    assert api.get("/sap/rest/user/origin") == ["sap.default"]
    unknown = api("GET", "/sap/rest/user/origin/corp/name")
    assert (unknown.status_code, unknown.json()) == (
        404,
        {"error": "Could not get user names: didn't find idp"},
    )


@pytest.mark.parametrize(
    ("name", "origin", "status"),
    [
        ("x" * 256, "sap.default", 400),
        ("a\x00", "sap.default", 400),
        (" a", "sap.default", 400),
        ("a", "Not An Origin", 400),
        ("a", "corp", 404),
    ],
)
def test_bad_users_are_refused(api: ApiClient, name: str, origin: str, status: int) -> None:
    refused = api("PUT", path_of(name, VIEWERS, origin), params=CREATE)
    assert refused.status_code == status, refused.text
    assert list(refused.json()) == ["error"]


def test_another_zone_has_no_such_user(api: ApiClient, on_sqlite: PlatformClient) -> None:
    name, other = f"far-{a_guid()}", api_client(on_sqlite)
    user = api("PUT", path_of(name, VIEWERS), params=CREATE).json()
    for method, path in (
        ("GET", path_of(name)),
        ("PUT", path_of(name, VIEWERS)),
        ("DELETE", path_of(name, VIEWERS)),
        ("DELETE", path_of(name)),
        ("GET", f"/sap/rest/user/id/{user['id']}"),
        ("DELETE", f"/sap/rest/user/id/{user['id']}"),
    ):
        assert other(method, path).status_code == 404, (method, path)
    assert api.get(path_of(name)) == user
    deleted = api("DELETE", f"/sap/rest/user/id/{user['id']}")
    assert (deleted.status_code, deleted.json()["username"]) == (200, name)
    assert api("GET", path_of(name)).status_code == 404


def test_administrators_need_every_write_scope(api: ApiClient) -> None:
    """D-47, TH-13."""
    partial = with_scopes(api.credentials, *(each for each in ALL_SCOPES if each != "xs_idp.write"))
    name = f"admin-{a_guid()}"
    refused = partial("PUT", path_of(name, ADMINISTRATORS), params=CREATE)
    assert refused.status_code == 403
    assert refused.json()["scope"] == "xs_authorization.write xs_idp.write xs_user.write"
    assert api("GET", path_of(name)).status_code == 404
    for each in (name, f"{name}-2"):
        assert api("PUT", path_of(each, ADMINISTRATORS), params=CREATE).status_code == 200
    assert partial("DELETE", path_of(name, ADMINISTRATORS)).status_code == 403
    assert partial("DELETE", path_of(name)).status_code == 403
    assert api("DELETE", path_of(name)).status_code == 200


def test_of_two_administrators_removed_at_once_one_stays(platform: PlatformClient) -> None:
    """I-160."""
    api = api_client(platform)
    names = [f"first-{a_guid()}", f"second-{a_guid()}"]
    for name in names:
        assert api("PUT", path_of(name, ADMINISTRATORS), params=CREATE).status_code == 200
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(api, "DELETE", path_of(names[0], ADMINISTRATORS))
        second = pool.submit(api, "DELETE", path_of(names[1]))
        assert sorted([first.result().status_code, second.result().status_code]) == [200, 409]
    left = [
        name
        for name in names
        if (found := api("GET", path_of(name))).status_code == 200
        and found.json()["roleCollections"] == [ADMINISTRATORS]
    ]
    assert len(left) == 1
