"""CAP's REST remote service manages users, as SAP's sample of a user management calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.clients.node_client import FOLDER, node_program
from tests.clients.program import answers_of
from tests.support.administration import api_client

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

COLLECTION = "Sales & Service"
MEMBERS = "/Groups/Sales%20%26%20Service/members"
ANY_VERSION = {"If-Match": "*"}


def requested(method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"method": method, "path": path, **more}


def test_user_management(platform: PlatformClient, server: Server) -> None:
    """List, create, change with any version, add and remove a member, list providers."""
    api = api_client(platform)
    created = api("POST", "/sap/rest/authorization/v2/rolecollections", {"name": COLLECTION})
    assert created.status_code == 200
    user = {
        "userName": "anna@example.com",
        "origin": "sap.default",
        "name": {"givenName": "Anna", "familyName": "Example"},
        "emails": [{"value": "anna@example.com", "primary": True}],
    }
    member = {"origin": "sap.default", "type": "USER", "value": "$ID"}
    binding = {"name": "api", "label": "xsuaa", "tags": ["xsuaa"], "credentials": api.credentials}
    answers = answers_of(
        [node_program(), FOLDER / "user_management.mjs"],
        {
            "NODE_EXTRA_CA_CERTS": str(server.ca_file),
            "VCAP_SERVICES": json.dumps({"xsuaa": [binding]}),
        },
        [
            requested("GET", "/Users?count=500"),
            requested("POST", "/Users", data=user),
            requested(
                "PATCH", "/Users/$ID", data={"name": {"givenName": "Ann"}}, headers=ANY_VERSION
            ),
            requested("POST", MEMBERS, data=member),
            requested("POST", MEMBERS, data=member),
            requested("GET", "/Users/$ID"),
            requested("DELETE", f"{MEMBERS}/$ID"),
            requested("DELETE", f"{MEMBERS}/$ID"),
            requested("GET", "/Users?count=500"),
            requested("GET", "/sap/rest/identity-providers"),
        ],
    )
    first, new, changed, added, again, shown, removed, missing, last, providers = answers
    assert first["body"]["totalResults"] == 0
    assert new["body"]["userName"] == "anna@example.com"
    assert changed["body"]["name"] == {"givenName": "Ann", "familyName": "Example"}
    assert added["body"] == removed["body"] == member | {"value": new["body"]["id"]}
    assert (again, missing) == ({"status": 409}, {"status": 404})
    assert [each["value"] for each in shown["body"]["groups"]] == [COLLECTION]
    assert last["body"]["resources"] == [changed["body"]]
    assert [each["originKey"] for each in providers["body"]] == ["sap.default"]
