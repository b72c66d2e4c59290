"""Users with role collections by POST and PUT over the administration API (§3.4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.support.administration import ALL_SCOPES, api_client, path_of, with_scopes
from tests.support.platform import a_guid
from tests.support.server_store import store_of

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

USER, BULK = "/sap/rest/user", "/sap/rest/user/bulk"
VIEWERS, ADMINISTRATORS = "Subaccount Viewer", "Subaccount Administrator"
ONLY = {"onlyRoleCollections": "true"}
FORBIDDEN = {
    "created": "2020-01-01T00:00:00.000+00:00",
    "modified": "2020-01-01T00:00:00.000+00:00",
    "zoneId": str(uuid4()),
    "verified": True,
    "legacyVerificationBehavior": True,
    "passwordChangeRequired": True,
    "passwordLastModified": "2020-01-01T00:00:00.000+00:00",
    "version": 99,
    "lastLogonTime": 1,
    "previousLogonTime": 1,
}


def a_collection(api: ApiClient) -> str:
    name = f"Team {a_guid()}"
    assert api("POST", path_of("rolecollections"), {"name": name}).status_code == 200
    return name


def a_user(**changes: Any) -> dict[str, Any]:
    name = f"o'neil+{a_guid()}@example.com"
    return {"username": name, "origin": "ldap", "email": name, **changes}


def stored(server: Server, user_id: str) -> dict[str, object]:
    """Return what the database has about the user."""
    with store_of(server) as store:
        user = store.transactions.read(lambda found: found.users.find(user_id))
    assert user is not None
    names = ("name", "origin", "email", "given_name", "family_name", "phone", "external_id")
    return {name: getattr(user, name) for name in (*names, "is_active", "email_verified")}


def test_the_life_of_a_user(platform: PlatformClient, server: Server) -> None:
    """TH-15: every field of the model is sent, and the stored user compared."""
    api = api_client(platform)
    team, other = a_collection(api), a_collection(api)
    names = {"givenName": "Anna", "familyName": "Oh", "phoneNumber": "+49 1"}
    new = a_user(**names, active=True, roleCollections=[team, VIEWERS, team])
    created = api("POST", USER, new | FORBIDDEN | {"id": str(uuid4())})
    assert created.status_code == 200, created.text
    user = created.json()
    assert user == new | {
        "id": user["id"],
        "created": user["created"],
        "modified": user["created"],
        "origin": "sap.default",
        "zoneId": api.zone,
        "verified": False,
        "legacyVerificationBehavior": False,
        "version": 1,
        "roleCollections": [VIEWERS, team],
    }
    assert not FORBIDDEN.items() & user.items()
    expected = {
        "name": new["username"],
        "origin": "sap.default",
        "email": new["email"],
        "given_name": "Anna",
        "family_name": "Oh",
        "phone": "+49 1",
        "external_id": None,
        "is_active": True,
        "email_verified": False,
    }
    assert stored(server, user["id"]) == expected
    assert api("POST", USER, new).status_code == 409
    # What was read may be sent back.
    assert api("PUT", USER, user | FORBIDDEN).json() == user
    replaced = api("PUT", USER, {"username": new["username"].upper(), "roleCollections": [other]})
    assert replaced.status_code == 200, replaced.text
    assert replaced.json()["roleCollections"] == [other]
    assert stored(server, user["id"]) == expected | {
        "name": new["username"].upper(),
        **dict.fromkeys(("email", "given_name", "family_name", "phone")),
    }
    by_id = {"id": user["id"], "givenName": "Ann"}
    kept = api("PUT", USER, by_id).json()
    assert (kept["givenName"], kept["roleCollections"]) == ("Ann", [other])
    # The attributes are not even looked at.
    only = api("PUT", USER, by_id | {"email": "@", "roleCollections": [team]}, params=ONLY)
    assert (only.status_code, only.json()) == (200, kept | {"roleCollections": [team]})
    none = api("PUT", USER, {"id": user["id"], "roleCollections": []}, params=ONLY)
    assert none.json()["roleCollections"] == []
    inactive = api("PUT", USER, {"id": user["id"], "active": False}).json()
    assert not inactive["active"]
    refused = api("PUT", USER, {"id": user["id"], "roleCollections": [team]})
    assert refused.status_code == 409
    assert api.get(f"{USER}/id/{user['id']}") == inactive


def test_several_users_are_created_or_none(api: ApiClient) -> None:
    team = a_collection(api)
    new = [a_user(roleCollections=[team]), a_user(origin=None)]
    created = api("POST", BULK, new)
    assert created.status_code == 200, created.text
    assert [(each["username"], each["roleCollections"]) for each in created.json()] == [
        (new[0]["username"], [team]),
        (new[1]["username"], []),
    ]
    for last, status in (
        (new[0], 409),
        (a_user(roleCollections=["Unknown"]), 404),
        (a_user(origin="corp"), 404),
        (a_user(email="x"), 400),
        (a_user(password="secret"), 400),
    ):
        first = a_user()
        refused = api("POST", BULK, [first, last])
        assert refused.status_code == status, refused.text
        path = f"{USER}/origin/sap.default/name/{quote(first['username'], safe='')}"
        assert api("GET", path).status_code == 404
    assert api("POST", BULK, []).json() == []
    too_many = api("POST", BULK, [a_user()] * 101)
    assert (too_many.status_code, "at most 100" in too_many.text) == (400, True)
    many = [a_user(roleCollections=[f"c{each}" for each in range(501)]) for _ in range(2)]
    refused = api("POST", BULK, many)
    assert (refused.status_code, "1002 role collections" in refused.text) == (400, True)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"username": ""}, "username"),
        ({"username": "x" * 256}, "username"),
        ({"username": "a\x00"}, "username"),
        ({"username": None}, "username: missing"),
        ({"givenName": "\x00"}, "givenName"),
        ({"phoneNumber": " "}, "phoneNumber"),
        ({"externalId": "\u2028", "origin": "corp"}, "externalId"),
        ({"origin": "Not An Origin"}, "origin"),
        ({"roleCollections": "x"}, "roleCollections: "),
        ({"roleCollections": [1]}, "roleCollections[0]"),
        ({"active": "true"}, "active"),
        ({"password": "secret"}, "password: an unknown field"),
        ({"salt": None, "userName": "x"}, "userName: an unknown field"),
    ],
)
def test_bad_users_are_refused(api: ApiClient, body: dict[str, Any], part: str) -> None:
    refused = api("POST", USER, a_user(**body))
    assert (refused.status_code, list(refused.json())) == (400, ["error"]), refused.text
    assert part in refused.json()["error"]
    assert "secret" not in refused.text


def test_changes_of_unknown_users(api: ApiClient, on_sqlite: PlatformClient) -> None:
    user = api("POST", USER, a_user()).json()
    by_id, by_name = {"id": user["id"]}, {"username": user["username"]}
    other = api_client(on_sqlite)
    for key in (by_id, by_name):
        for params in ({}, ONLY):
            body = key | {"roleCollections": []}
            assert other("PUT", USER, body, params=params).status_code == 404
            assert api("PUT", USER, body, params=params).status_code == 200
    assert api("PUT", USER, by_name | {"origin": "corp"}).status_code == 404
    assert api("PUT", USER, by_id | {"origin": "corp"}).status_code == 400
    for body in ({}, {"origin": "ldap"}):
        refused = api("PUT", USER, body)
        assert (refused.status_code, "username: missing" in refused.text) == (400, True)
    refused = api("PUT", USER, by_id, params=ONLY)
    assert (refused.status_code, "roleCollections: missing" in refused.text) == (400, True)
    for collection in ("..", "a/b", "%2F", "x" * 65, "über", "a\x00b"):
        body = by_id | {"roleCollections": [collection]}
        assert api("PUT", USER, body, params=ONLY).status_code == 404


def test_built_in_roles_need_every_write_scope(api: ApiClient, sqlite_server: Server) -> None:
    """D-47, TH-13: by each of the operations, and what was refused changed nothing."""
    partial = with_scopes(api.credentials, *(each for each in ALL_SCOPES if each != "xs_idp.write"))
    held = api("POST", USER, a_user(roleCollections=[ADMINISTRATORS])).json()
    held2 = api("POST", USER, a_user(roleCollections=[VIEWERS, ADMINISTRATORS])).json()
    mine = partial("POST", USER, a_user()).json()
    new = a_user(roleCollections=[VIEWERS])
    for method, path, body, params in (
        ("POST", USER, new, {}),
        ("POST", BULK, [a_user(), new], {}),
        ("PUT", USER, {"id": mine["id"], "roleCollections": [ADMINISTRATORS]}, ONLY),
        ("PUT", USER, mine | {"roleCollections": [VIEWERS]}, {}),
        ("PUT", USER, {"id": held["id"], "roleCollections": []}, ONLY),
        ("PUT", USER, held | {"email": "mine@example.com"}, {}),
        ("PUT", USER, held | {"active": False}, {}),
        ("PUT", USER, held2 | {"roleCollections": [VIEWERS]}, {}),
    ):
        refused = partial(method, path, body, params=params)
        assert refused.status_code == 403, (method, path, body, refused.text)
        assert refused.json()["scope"] == "xs_authorization.write xs_idp.write xs_user.write"
    for user in (held, held2, mine):
        assert api.get(f"{USER}/id/{user['id']}") == user
    assert partial("PUT", USER, held).json() == held
    shown = sqlite_server.command("audit", "list", "--zone", api.zone, "--json", "--limit", "0")
    names = [json.loads(line)["details"].get("name") for line in shown.stdout.splitlines()]
    assert new["username"] not in names
