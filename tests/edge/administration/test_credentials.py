"""Credentials of service instances over the administration API, on both databases."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.service_instance import ServiceInstance
from tests.support.administration import api_client, in_organization, with_scopes
from tests.support.application import token_status
from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.platform import JsonObject, PlatformClient
    from tests.support.server import Server

INSTANCES = "/credentials/v1/instances"
ALL_TYPES = ("binding-secret", "instance-secret", "x509")


class Owned:
    """An instance in the zone of an API client, with bindings by their types."""

    def __init__(self, platform: PlatformClient) -> None:
        organization = a_guid()
        self.platform = platform
        self.api = api_client(platform, organization=organization)
        self.instance = ServiceInstance(platform)
        self.instance_id = self.instance.instance_id
        self.path = f"{INSTANCES}/{self.instance_id}"
        self.descriptor = a_descriptor(oauth2_configuration=credential_types(*ALL_TYPES))
        members: JsonObject = in_organization(organization)
        members["context"]["instance_name"] = "my uaa"
        created = platform.provision(self.instance_id, self.descriptor, **members)
        assert created.status_code == 201, created.text
        self.ids = {each: a_guid() for each in ALL_TYPES}
        self.credentials = {each: self.bind(self.ids[each], each) for each in ALL_TYPES}

    def bind(self, binding_id: str, type_: str, **members: Any) -> dict[str, str]:
        bound = self.platform.bind(
            self.instance_id, binding_id, {"credential-type": type_}, **members
        )
        assert bound.status_code == 201, bound.text
        credentials: dict[str, str] = bound.json()["credentials"]
        return credentials


@pytest.fixture
def owned(platform: PlatformClient) -> Owned:
    """An instance with a binding of each type."""
    return Owned(platform)


def test_an_instance_with_its_credentials(owned: Owned) -> None:
    app = owned.bind("bound", "binding-secret", app_guid="app-1")
    assert token_status(app) == 200
    shown = owned.api.get(owned.path)
    assert shown["name"] == "my uaa"
    assert shown["clientId"] == app["clientid"]
    types = [(each["type"], each["default"], each["bindings"]) for each in shown["credentialTypes"]]
    assert types == [
        ("binding-secret", True, 2),
        ("instance-secret", False, 1),
        ("x509", False, 1),
    ]
    by_id = {each["bindingId"]: each for each in shown["bindings"]}
    assert by_id["bound"]["kind"] == "app"
    assert by_id[owned.ids["x509"]]["kind"] == "key"
    assert by_id[owned.ids["x509"]]["credential"]["expiresAt"] is not None
    assert by_id[owned.ids["x509"]]["credential"]["how"] == "managed"
    assert by_id[owned.ids["instance-secret"]]["credential"] is None
    assert {each["state"] for each in shown["bindings"]} == {"accepted"}
    assert shown["instanceSecret"]["state"] == "accepted"
    assert shown["totalResults"] == 4
    assert shown["update"] is None
    assert shown["migrationState"] == "M3"
    [listed] = owned.api.get(INSTANCES, params={"search": owned.instance_id.upper()})["resources"]
    assert (listed["bindings"], listed["credentialTypes"]) == (4, list(ALL_TYPES))
    assert owned.api.get(INSTANCES, params={"credentialType": "x509"})["totalResults"] == 1


def test_no_answer_contains_a_secret(owned: Owned) -> None:
    secrets = [
        value
        for payload in owned.credentials.values()
        for name, value in payload.items()
        if name in {"clientsecret", "key", "certificate"}
    ]
    answers = [
        owned.api("GET", INSTANCES),
        owned.api("GET", owned.path, params={"types": "x509"}),
        owned.api("POST", f"{owned.path}/rotate", {}),
        owned.api("POST", f"{owned.path}/bindings/{owned.ids['x509']}/revoke"),
    ]
    rotated = owned.platform.fetch_binding(owned.instance_id, owned.ids["instance-secret"])
    secrets.append(rotated.json()["credentials"]["clientsecret"])
    assert [each.status_code for each in answers] == [200] * 4
    assert not [each for each in secrets for answer in answers if each in answer.text]


@pytest.mark.parametrize("type_", ["binding-secret", "x509"])
def test_a_revoked_credential_is_refused_at_its_next_use(owned: Owned, type_: str) -> None:
    binding_id = owned.ids[type_]
    kept = owned.bind("kept", "binding-secret")
    if type_ == "binding-secret":
        assert token_status(owned.credentials[type_]) == 200
    revoked = owned.api("POST", f"{owned.path}/bindings/{binding_id}/revoke")
    assert revoked.status_code == 200, revoked.text
    assert revoked.json()["credentialType"] == type_
    following = revoked.json()["nextStep"]
    assert following["commands"][0] == f"cf curl /v3/service_credential_bindings/{binding_id}"
    assert "cf create-service-key 'my uaa' KEY" in following["commands"]
    if type_ == "binding-secret":
        assert token_status(owned.credentials[type_]) == 401
    assert token_status(kept) == 200
    shown = owned.api.get(owned.path)
    assert binding_id not in [each["bindingId"] for each in shown["bindings"]]
    again = owned.api("POST", f"{owned.path}/bindings/{binding_id}/revoke")
    assert again.status_code == 404
    assert owned.platform.unbind(owned.instance_id, binding_id).status_code == 410


def test_a_shared_secret_is_not_revoked_with_one_binding(owned: Owned) -> None:
    binding_id = owned.ids["instance-secret"]
    refused = owned.api("POST", f"{owned.path}/bindings/{binding_id}/revoke")
    assert refused.status_code == 409
    assert "Rotate the instance secret" in refused.json()["error"]
    assert token_status(owned.credentials["instance-secret"]) == 200


def test_a_rotated_secret_works_until_the_end_of_the_overlap(owned: Owned) -> None:
    old = owned.credentials["instance-secret"]
    rotated = owned.api("POST", f"{owned.path}/rotate", {"overlapSeconds": 4})
    assert rotated.status_code == 200, rotated.text
    new = owned.bind("new", "instance-secret")
    assert (token_status(old), token_status(new)) == (200, 200)
    assert "cf bind-service APP 'my uaa'" in rotated.json()["nextStep"]["commands"]
    secret = owned.api.get(owned.path)["instanceSecret"]
    assert secret["previousAcceptedUntil"] == rotated.json()["previousAcceptedUntil"]
    deadline = time.monotonic() + 60
    while token_status(old) == 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert (token_status(old), token_status(new)) == (401, 200)


def test_an_overlap_can_be_ended(owned: Owned) -> None:
    old = owned.credentials["instance-secret"]
    assert owned.api("POST", f"{owned.path}/rotate", {}).status_code == 200
    assert token_status(old) == 200
    again = owned.api("POST", f"{owned.path}/rotate", {})
    assert again.status_code == 400
    assert "overlap" in again.json()["error"]
    ended = owned.api("POST", f"{owned.path}/revoke-previous")
    assert (ended.status_code, ended.content) == (204, b"")
    assert token_status(old) == 401
    assert owned.api("POST", f"{owned.path}/revoke-previous").status_code == 400


def test_a_preview_is_what_the_update_cuts_off(owned: Owned) -> None:
    used = owned.credentials["instance-secret"]
    assert token_status(used) == 200
    before = owned.api.get(owned.path, params={"types": "binding-secret"})["update"]
    assert token_status(used) == 200
    assert [each["bindingId"] for each in before["cutOff"]] == [
        each for name, each in owned.ids.items() if name != "binding-secret"
    ]
    assert before["acceptedAgain"] == []
    assert before["refusedBecause"] is None
    types = {"oauth2-configuration": credential_types("binding-secret")}
    updated = owned.platform.update(owned.instance_id, owned.descriptor | types)
    assert updated.status_code == 200
    for each in before["cutOff"]:
        assert f"{each['holder']}: its {each['credentialType']}" in updated.json()["description"]
    assert token_status(used) == 401
    assert token_status(owned.credentials["binding-secret"]) == 200
    states = {
        each["credentialType"]: each["state"] for each in owned.api.get(owned.path)["bindings"]
    }
    assert states == {
        "binding-secret": "accepted",
        "instance-secret": "type not listed",
        "x509": "type not listed",
    }
    back = owned.api.get(owned.path, params={"types": ",".join(ALL_TYPES)})["update"]
    assert set(back["acceptedAgain"]) == {owned.ids["instance-secret"], owned.ids["x509"]}


def test_another_zone_has_none_of_it(owned: Owned) -> None:
    other = api_client(owned.platform)
    binding = f"{owned.path}/bindings/{owned.ids['binding-secret']}"
    for method, path, body in (
        ("GET", owned.path, None),
        ("GET", f"{owned.path}?types=x509", None),
        ("POST", f"{owned.path}/rotate", {}),
        ("POST", f"{owned.path}/revoke-previous", None),
        ("POST", f"{binding}/revoke", None),
    ):
        response = other(method, path, body)
        assert response.status_code == 404, (method, path, response.text)
        missing = other(method, path.replace(owned.instance_id, a_guid()), body)
        assert response.json() == missing.json()
    ids = [each["instanceId"] for each in other.get(INSTANCES)["resources"]]
    assert ids == [other.instance_id]
    assert token_status(owned.credentials["binding-secret"]) == 200


def test_reading_and_changing_are_scopes_of_their_own(owned: Owned) -> None:
    reader = with_scopes(owned.api.credentials, "xs_authorization.read")
    writer = with_scopes(owned.api.credentials, "xs_authorization.write")
    rotate = f"{owned.path}/rotate"
    assert reader("GET", owned.path).status_code == 200
    assert writer("GET", owned.path).status_code == 403
    assert reader("POST", rotate, {}).status_code == 403
    assert writer("POST", rotate, {}).status_code == 200


def test_changes_are_audited_with_their_actor(owned: Owned, server: Server) -> None:
    binding_id = owned.ids["binding-secret"]
    assert owned.api("POST", f"{owned.path}/rotate", {}).status_code == 200
    assert owned.api("POST", f"{owned.path}/bindings/{binding_id}/revoke").status_code == 200
    events = audited(server, owned.instance_id)
    for action in ("rotate-secret", "unbind"):
        [event] = [each for each in events if each["action"] == action]
        assert event["actor"]["kind"] == "client"
        assert event["actor"]["id"] == owned.api.credentials["clientid"]


def audited(server: Server, instance_id: str) -> list[JsonObject]:
    printed = server.command("audit", "list", "--instance", instance_id, "--json").stdout
    return [json.loads(line) for line in printed.splitlines()]


BAD_REQUESTS: list[tuple[str, str, Any, str]] = [
    ("GET", "?types=password", None, "types"),
    ("GET", f"?types={'x509,' * 100}", None, "types"),
    ("GET", "?credentialType=password", None, "credentialType"),
    ("GET", f"?search={'x' * 256}", None, "search"),
    ("GET", "?sortBy=name", None, "sortBy"),
    ("GET", "?days=401", None, "days"),
    ("GET", "?count=-1", None, "count"),
    ("POST", "/rotate", None, "body"),
    ("POST", "/rotate", [], "object"),
    ("POST", "/rotate", {"overlapSeconds": -1}, "overlapSeconds"),
    ("POST", "/rotate", {"overlapSeconds": 31_536_001}, "overlapSeconds"),
    ("POST", "/rotate", {"overlapSeconds": "7d"}, "overlapSeconds"),
    ("POST", "/rotate", {"overlap": 1}, "overlap"),
]


def test_bad_requests_name_what_is_wrong(owned: Owned) -> None:
    for method, suffix, body, part in BAD_REQUESTS:
        response = owned.api(method, owned.path + suffix, body)
        assert response.status_code == 400, (suffix, response.text)
        assert part in response.json()["error"]
    assert owned.api.get(owned.path)["instanceSecret"]["previousAcceptedUntil"] is None


@pytest.mark.parametrize(
    "name", ["a%2Fb", "..%2F..", "%00", "x" * 513, "%C3%A4", "o'neil+x@example"]
)
def test_strange_ids_are_not_found(owned: Owned, name: str) -> None:
    for method, path, body in (
        ("GET", f"{INSTANCES}/{name}", None),
        ("POST", f"{INSTANCES}/{name}/rotate", {}),
        ("POST", f"{INSTANCES}/{name}/bindings/x/revoke", None),
        ("POST", f"{owned.path}/bindings/{name}/revoke", None),
    ):
        assert owned.api(method, path, body).status_code == 404, path


def test_lists_have_pages(owned: Owned) -> None:
    for number in range(3):
        owned.bind(f"more-{number}", "binding-secret")
    page = owned.api.get(owned.path, params={"startIndex": 2, "count": 2})
    assert (page["startIndex"], page["itemsPerPage"], page["totalResults"]) == (2, 2, 6)
    everything = owned.api.get(owned.path)["bindings"]
    assert page["bindings"] == everything[1:3]
    assert [each["bindingId"] for each in everything][:1] == ["more-2"]
    assert owned.api.get(owned.path, params={"count": 0})["bindings"] == []
    found = owned.api.get(owned.path, params={"search": "MORE-1", "sortBy": "lastUsed"})
    assert [each["bindingId"] for each in found["bindings"]] == ["more-1"]
