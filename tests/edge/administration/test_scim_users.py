"""Changes of users over HTTP (§3.5): texts and codes of UAA, and what no request can set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.support.administration import ALL_SCOPES, api_client, with_scopes

if TYPE_CHECKING:
    from requests import Response

    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

ANY = {"If-Match": "*"}
ADMINISTRATORS = "Subaccount Administrator"


def a_user(**changes: Any) -> dict[str, Any]:
    """Return the body of a new user."""
    name = changes.pop("userName", f"user-{uuid4().hex[:12]}")
    return {"userName": name, "emails": [{"value": "a@example.com"}]} | changes


def created(api: ApiClient, **changes: Any) -> dict[str, Any]:
    response = api("POST", "/Users", a_user(**changes))
    assert response.status_code == 201, response.text
    user: dict[str, Any] = response.json()
    return user


def refused(response: Response, status: int, error: str) -> str:
    """Check the members of a refusal; return its text."""
    assert response.status_code == status, response.text
    body = response.json()
    assert body["error"] == error
    assert body["message"] == body["error_description"]
    text: str = body["message"]
    return text


def test_a_user_from_creation_to_deletion(api: ApiClient) -> None:
    response = api(
        "POST",
        "/Users",
        a_user(
            userName="o'neil+x@example.com",
            id="mine",
            name={"givenName": "O", "familyName": "Neil", "formatted": "x"},
            phoneNumbers=[{"value": "+49 1", "type": "work"}],
            locale="de",
        ),
    )
    assert response.status_code == 201
    user = response.json()
    assert response.headers["ETag"] == '"1"'
    assert user["id"] != "mine"
    assert (user["origin"], user["active"], user["verified"]) == ("sap.default", True, False)
    assert user["name"] == {"givenName": "O", "familyName": "Neil"}
    assert user["zoneId"] == api.zone
    path = f"/Users/{user['id']}"
    assert api.get(path) == user

    sent_back = user | {"emails": [{"value": "b@example.com", "primary": True}]}
    response = api("PUT", path, sent_back, headers={"If-Match": '"1"'})
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    assert response.json()["emails"] == [{"value": "b@example.com", "primary": False}]
    stale = api("PUT", path, sent_back, headers={"If-Match": "1"})
    text = refused(stale, 409, "scim_resource_conflict")
    assert text.endswith("with wrong version: expected=1 but found=2")

    patch = {"name": {"familyName": "Other"}, "meta": {"attributes": ["phoneNumbers", "locale"]}}
    changed = api("PATCH", path, patch, headers=ANY).json()
    assert changed["name"] == {"givenName": "O", "familyName": "Other"}
    assert changed["phoneNumbers"] == []
    assert "locale" not in changed
    assert api("PATCH", path, {"active": False}, headers=ANY).json()["active"] is False
    assert (
        api("PUT", path, a_user(userName="o'neil+x@example.com"), headers=ANY).json()["active"]
        is False
    )

    response = api("DELETE", path)
    assert (response.status_code, response.json()["id"]) == (200, user["id"])
    assert refused(api("DELETE", path), 404, "scim_resource_not_found") == (
        f"User {user['id']} does not exist"
    )
    assert created(api, userName="o'neil+x@example.com")["id"] != user["id"]


def test_names_are_unique_in_an_origin_regardless_of_case(api: ApiClient) -> None:
    user = created(api, userName="Änna")
    response = api("POST", "/Users", a_user(userName="äNNA"))
    assert refused(response, 409, "scim_resource_already_exists") == (
        "Username already in use: äNNA"
    )
    assert response.json()["user_id"] == user["id"]
    assert response.json()["active"] is True
    other = created(api)
    path = f"/Users/{other['id']}"
    response = api("PATCH", path, {"userName": "ÄNNA"}, headers=ANY)
    assert response.json()["message"] == "Username already in use: ÄNNA"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"userName": ""}, "A username must be provided."),
        ({"userName": " "}, "A username must be provided."),
        ({"userName": None}, "A username must be provided."),
        ({"emails": None}, "Exactly one email must be provided."),
        ({"emails": []}, "Exactly one email must be provided."),
        ({"emails": [{"type": "work"}]}, "Exactly one email must be provided."),
        ({"emails": [{"value": "a@b"}, {"value": "c@d"}]}, "Exactly one email must be provided."),
        ({"emails": [{"value": "x"}]}, "emails[0].value: x; allowed: an address with"),
        ({"userName": "x" * 256}, "userName: xxx"),
        ({"userName": "a\u0000b"}, "userName: a?b; allowed: 1 to 255 printable"),
        ({"origin": "Not An Origin"}, "origin: Not An Origin; allowed: 1 to 36"),
        ({"name": {"givenName": ""}}, "name.givenName: an empty text; allowed: "),
        ({"password": "x"}, "password: an unknown field; allowed: "),
        ({"isAdmin": True}, "isAdmin: an unknown field; allowed: "),
        ({"active": "yes"}, 'active: "yes"; allowed: true or false'),
        ({"emails": "a@b"}, 'emails: "a@b"; allowed: an array'),
        ({"phoneNumbers": [{"value": "1"}, {"value": "2"}]}, "phoneNumbers: a JSON array; at most"),
    ],
)
def test_refused_users(api: ApiClient, changes: dict[str, Any], text: str) -> None:
    before = api.get("/Users")["totalResults"]
    response = api("POST", "/Users", {"userName": "refused", **a_user(), **changes})
    assert refused(response, 400, "invalid_scim_resource").startswith(text)
    assert api.get("/Users")["totalResults"] == before


def test_an_unknown_provider_and_an_external_id_of_a_local_user(api: ApiClient) -> None:
    response = api("POST", "/Users", a_user(origin="corp"))
    assert refused(response, 404, "scim_resource_not_found").endswith("no identity provider corp.")
    response = api("POST", "/Users", a_user(externalId="sub-1"))
    assert response.status_code == 409


@pytest.mark.parametrize(
    "text", ['{"userName": "a", "userName": "b"}', "[]", "{", "", '"x"', "{" * 10_000, "\ud800"]
)
def test_bodies_that_are_no_json_object(api: ApiClient, text: str) -> None:
    path = f"/Users/{uuid4()}"
    for method, target in (("POST", "/Users"), ("PUT", path), ("PATCH", path)):
        data = text.encode("utf-8", "surrogatepass")
        response = api(method, target, data=data, headers=ANY)
        refused(response, 400, "invalid_scim_resource")


def test_changes_without_version_or_with_another_origin(api: ApiClient) -> None:
    user = created(api)
    path = f"/Users/{user['id']}"
    for method in ("PUT", "PATCH"):
        response = api(method, path, a_user())
        # UAA names PUT in the text about a PATCH, too.
        text = refused(response, 400, "invalid_scim_resource")
        assert text == "Missing If-Match for PUT"
        response = api(method, path, a_user(origin="corp"), headers=ANY)
        assert "the origin of a user never changes" in refused(
            response, 400, "invalid_scim_resource"
        )
        response = api(method, path, a_user(), headers={"If-Match": "x"})
        assert refused(response, 400, "invalid_scim_resource") == (
            "Invalid version match header (should be a version number): x"
        )
        assert api(method, "/Users/none", a_user(), headers=ANY).status_code == 404
    response = api("PATCH", path, {"meta": {"attributes": ["emails", "userName"]}}, headers=ANY)
    assert refused(response, 400, "invalid_scim_resource").startswith("meta.attributes: ")
    assert api.get(path) == user


def test_no_request_sets_what_belongs_to_the_server(api: ApiClient, sqlite_server: Server) -> None:
    """TH-15: every field of every model is sent, and the stored user compared."""
    user = created(api)
    path = f"/Users/{user['id']}"
    forbidden = {
        "id": str(uuid4()),
        "zoneId": str(uuid4()),
        "verified": True,
        "passwordLastModified": "2020-01-01T00:00:00.000Z",
        "passwordChangeRequired": True,
        "groups": [{"value": ADMINISTRATORS, "display": ADMINISTRATORS}],
        "approvals": [{"scope": "x"}],
        "lastLogonTime": 1,
        "previousLogonTime": 1,
        "displayName": "x",
        "schemas": ["x"],
    }
    meta = {"version": 99, "created": "2020-01-01T00:00:00.000Z", "lastModified": "x"}
    allowed = {"userName": user["userName"], "emails": user["emails"], "origin": user["origin"]}
    assert api("PUT", path, {**forbidden, **allowed, "meta": meta}, headers=ANY).status_code == 200
    patch = api("PATCH", path, {**forbidden, **allowed, "meta": meta}, headers=ANY)
    assert patch.status_code == 200
    assert api.get(path) == user
    response = api("POST", "/Users", {**forbidden, **a_user(), "meta": meta})
    made = response.json()
    assert response.status_code == 201
    assert {name for name in forbidden if made.get(name) == forbidden[name]} == set()
    assert (made["verified"], made["groups"], made["meta"]["version"]) == (False, [], 1)
    shown = json.loads(
        sqlite_server.command(
            *("users", "show", user["userName"], "--zone", api.zone, "--json")
        ).stdout
    )
    assert shown["role_collections"] == []


def test_holders_of_built_in_roles_need_every_write_scope(api: ApiClient) -> None:
    """TH-13: a client with ``xs_user.write`` alone cannot become, or act as, an administrator."""
    administrator = created(api)
    group = f"/Groups/{quote(ADMINISTRATORS)}"
    member = {"value": administrator["id"], "type": "USER", "origin": "sap.default"}
    users_only = with_scopes(api.credentials, "xs_user.read", "xs_user.write")
    mine = created(users_only)
    for response in (
        users_only("POST", f"{group}/members", member | {"value": mine["id"]}),
        users_only("PATCH", group, {"members": [member]}, headers=ANY),
        users_only("PUT", group, {"members": [member]}, headers=ANY),
    ):
        assert response.status_code == 403
        assert response.json()["scope"] == " ".join(
            sorted(each for each in ALL_SCOPES if each.endswith(".write"))
        )
    assert api("POST", f"{group}/members", member).status_code == 201
    path = f"/Users/{administrator['id']}"
    for response in (
        users_only("PATCH", path, {"userName": "mine"}, headers=ANY),
        users_only("PATCH", path, {"emails": [{"value": "mine@example.com"}]}, headers=ANY),
        users_only("PATCH", path, {"active": False}, headers=ANY),
        users_only("DELETE", path),
        users_only("DELETE", f"{group}/members/{administrator['id']}"),
    ):
        assert response.status_code == 403
    response = api("DELETE", path)
    assert "is the last active administrator" in refused(response, 409, "scim_resource_conflict")


def test_another_zones_user_is_unknown(api: ApiClient, on_sqlite: PlatformClient) -> None:
    elsewhere = api_client(on_sqlite)
    user = created(elsewhere)
    path = f"/Users/{user['id']}"
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = None if method in {"GET", "DELETE"} else a_user()
        response = api(method, path, body, headers=ANY)
        assert refused(response, 404, "scim_resource_not_found") == (
            f"User {user['id']} does not exist"
        )
    response = api("POST", f"/Groups/{quote(ADMINISTRATORS)}/members", {"value": user["id"]})
    text = refused(response, 400, "invalid_scim_resource")
    assert text == f"Invalid group member: {user['id']}"
    assert elsewhere.get(path) == user
