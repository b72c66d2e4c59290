"""Bad input to the broker: a clear 4xx with a description, and nothing stored."""

from __future__ import annotations

import base64
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.platform import (
    APIACCESS,
    APPLICATION,
    ORGANIZATION,
    SERVICE_ID,
    SPACE,
    PlatformClient,
    a_descriptor,
    a_guid,
    credential_types,
)

if TYPE_CHECKING:
    import requests

    from tests.support.server import Server

IDS = {"service_id": SERVICE_ID, "plan_id": APPLICATION}
GUIDS = {"organization_guid": ORGANIZATION, "space_guid": SPACE}


def assert_refused(response: requests.Response, status: int, *words: str) -> None:
    """Check status, JSON and description; no internals may show (OSB-ERR-02, -03, -09)."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/json")
    description = response.json()["description"]
    assert 10 < len(description) <= 8000
    for word in words:
        assert word in description
    for internal in ("Traceback", "sqlalchemy", "psycopg", "sqlite", "pydantic", "__init__"):
        assert internal not in response.text


BAD_BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not valid JSON"),
    "no JSON": (b"{", "not valid JSON"),
    "array": (b"[]", "a JSON array"),
    "string": (b'"x"', "a JSON string"),
    "null": (b"null", "a JSON null"),
    "invalid UTF-8": (b"\xff", "not valid JSON"),
    "byte order mark": (b"\xef\xbb\xbf{}", "a byte order mark (BOM) at line 1 column 1"),
    "comment": (b"{}\n// end", "a comment at line 2 column 1"),
    "trailing comma": (b'{"a": 1,}', "a trailing comma at line 1 column 8"),
    "NaN": (b'{"parameters": {"a": NaN}}', "NaN at line 1 column 22"),
    "infinite": (b'{"parameters": {"a": 1e999}}', "1e999 at line 1 column 22 is too large"),
    "duplicate key": (b'{"a": 1,\n "a": 1}', 'duplicate key "a" at line 1 column 2 and line 2'),
    "deep": (b'{"a":' * 100_000, "levels"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_refused(platform: PlatformClient, name: str) -> None:
    """OSB-BODY-01, -04."""
    body, words = BAD_BODIES[name]
    path = f"/service_instances/{a_guid()}"
    headers = {"Content-Type": "application/json"}
    for method in ("PUT", "PATCH"):
        assert_refused(platform.request(method, path, data=body, headers=headers), 400, words)
    path += "/service_bindings/b"
    assert_refused(platform.request("PUT", path, data=body, headers=headers), 400, words)


BAD_MEMBERS: list[tuple[dict[str, Any], str]] = [
    ({"service_id": None}, "service_id: missing or empty"),
    ({"service_id": ""}, "service_id: missing or empty"),
    ({"service_id": "unknown"}, 'service_id: "unknown" is not in the catalog'),
    ({"plan_id": None}, "plan_id: missing or empty"),
    ({"plan_id": 5}, "plan_id: a JSON number"),
    ({"plan_id": "unknown"}, 'plan_id: "unknown" is not in the catalog'),
    ({"organization_guid": None, "context": None}, "organization_guid: missing or empty"),
    ({"organization_guid": "other"}, "organization_guid: another value than context"),
    ({"space_guid": "", "context": {}}, "space_guid: missing or empty"),
    ({"space_guid": "a\x00b"}, "space_guid: unprintable"),
    ({"parameters": []}, "parameters: a JSON array"),
    ({"parameters": "x"}, "parameters: a JSON string"),
    ({"context": 1}, "context: a JSON number"),
]


@pytest.mark.parametrize(("members", "words"), BAD_MEMBERS)
def test_a_bad_member_is_named_and_nothing_stored(
    platform: PlatformClient, members: dict[str, Any], words: str
) -> None:
    """OSB-PROV-05, -07, -08, -14."""
    instance = a_guid()
    assert_refused(
        platform.provision(instance, **{"parameters": a_descriptor(), **members}), 400, words
    )
    assert platform.fetch(instance).status_code == 404
    assert platform.deprovision(instance).status_code == 410


BAD_DESCRIPTORS: list[tuple[dict[str, Any], str]] = [
    ({"scopes": []}, "xsappname is missing"),
    ({"xsappname": "a.b"}, 'Invalid xsappname "a.b"'),
    ({"config": {"xsappname": "app"}}, "this is the wrapper: send what stands below `config`"),
    (
        a_descriptor(oauth2_configuration={"allowedproviders": None}),
        "allowedproviders: null; allowed: a list; [] means none",
    ),
    ({"xsappname": 5}, "xsappname: 5; allowed: a string"),
    ({"xsappname": "app", "can-not": "be-good"}, "can-not: unknown key"),
    (a_descriptor(oauth2_configuration=credential_types()), "credential-types: an empty list"),
    (
        a_descriptor(oauth2_configuration=credential_types("jwt")),
        'credential-types[0]: "jwt"; allowed: instance-secret, binding-secret, x509',
    ),
    (a_descriptor(tenant_mode="\x1b[31m\r\nX: y"), 'tenant-mode: "?[31m??X: y"'),
    (a_descriptor(description="\ud800"), 'description: "?"; allowed: valid Unicode text'),
    (a_descriptor(description="x" * 2000), "description: 2000 characters"),
    (
        a_descriptor(oauth2_configuration={"redirect-uris": ["https://*.0.0.1/**"]}),
        'redirect-uris[0]: the host "*.0.0.1", which could match an IP address; allowed: ',
    ),
]


@pytest.mark.parametrize(("descriptor", "words"), BAD_DESCRIPTORS)
def test_a_bad_descriptor_is_explained_on_provision_and_update(
    platform: PlatformClient, descriptor: dict[str, Any], words: str
) -> None:
    instance, name = a_guid(), a_descriptor()
    assert_refused(platform.provision(instance, descriptor), 400, words)
    assert platform.fetch(instance).status_code == 404
    platform.provision(instance, name)
    assert_refused(platform.update(instance, descriptor), 400, words)
    assert platform.fetch(instance).json()["parameters"] == name


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"credential-type": "jwt"}, "allowed: instance-secret, binding-secret, x509"),
        ({"credential-type": ["x509"]}, "credential-type: a list"),
        ({"credential-type": "binding-secret"}, "is not among this instance's credential-types"),
        ({"can-not": "be-good"}, "can-not: unknown key"),
        ({"hide-secret": "maybe"}, 'hide-secret: "maybe"; allowed: true or false'),
    ],
)
def test_bad_binding_parameters_are_explained(
    platform: PlatformClient, parameters: dict[str, Any], words: str
) -> None:
    """OSB-BIND-07, -16; never a 500, which would start orphan mitigation (OSB-ERR-10)."""
    instance, binding = a_guid(), a_guid()
    platform.provision(instance, a_descriptor())
    assert_refused(platform.bind(instance, binding, parameters), 400, words)
    assert platform.fetch_binding(instance, binding).status_code == 404


def test_service_and_plan_must_be_the_instance_s(platform: PlatformClient) -> None:
    """OSB-BIND-05, OSB-UNB-03, -04, OSB-DEP-03, -04."""
    instance, binding = a_guid(), a_guid()
    platform.provision(instance, a_descriptor())
    assert_refused(platform.bind(instance, binding, plan_id=APIACCESS), 400, "plan_id")
    platform.bind(instance, binding)
    assert_refused(platform.unbind(instance, binding, plan_id=APIACCESS), 400, "plan_id")
    assert_refused(platform.deprovision(instance, plan_id=APIACCESS), 400, "plan_id")
    path = f"/service_instances/{instance}"
    for query in ({}, {"service_id": SERVICE_ID}, {"service_id": "", "plan_id": APPLICATION}):
        assert_refused(platform.request("DELETE", path, params=query), 400, "query parameter")
    unknown = {"service_id": "unknown", "plan_id": APPLICATION}
    assert_refused(platform.request("DELETE", path, params=unknown), 400, "not in the catalog")
    assert platform.fetch_binding(instance, binding).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_wrong_content_type_is_refused(platform: PlatformClient, content_type: str) -> None:
    """OSB-HDR-10."""
    response = platform.request(
        "PUT",
        f"/service_instances/{a_guid()}",
        data=json.dumps({**IDS, **GUIDS}),
        headers={"Content-Type": content_type},
    )
    assert_refused(response, 400, "Content-Type", "application/json")


def test_a_large_body_is_refused(platform: PlatformClient) -> None:
    huge = a_descriptor(description="x" * 2_000_000)
    assert_refused(platform.provision(a_guid(), huge), 413, "too large")


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"X-Broker-API-Version": None}, 400, "X-Broker-API-Version: missing"),
        ({"X-Broker-API-Version": "v2.17"}, 400, "MAJOR.MINOR"),
        ({"X-Broker-API-Version": "2.12"}, 412, "2.13 or a newer 2.x"),
        ({"X-Broker-API-Version": "3.0"}, 412, "2.13 or a newer 2.x"),
        ({"X-Broker-API-Originating-Identity": "cloudfoundry x"}, 400, "malformed"),
    ],
)
def test_bad_headers_are_explained(
    platform: PlatformClient, headers: dict[str, str | None], status: int, words: str
) -> None:
    """OSB-HDR-02, -03, -04, -07; and the request identity comes back (OSB-HDR-05)."""
    identity = {"X-Broker-API-Request-Identity": "e26cee84-6b38-4456-b34e-d1a9f002c956"}
    response = platform.request("GET", "/catalog", headers={**headers, **identity})
    assert_refused(response, status, words)
    assert identity.items() <= response.headers.items()


@pytest.mark.parametrize(
    "authentication",
    [
        None,
        ("broker", "wrong"),
        ("broker", ""),
        ("", ""),
        ("bröker", "pässword"),
        ("broker", "x" * 10_000),
    ],
)
def test_without_valid_credentials_every_call_returns_401(
    server: Server, authentication: tuple[str, str] | None
) -> None:
    """OSB-AUTH-01 to -05: regardless of other errors in the request."""
    stranger = PlatformClient(server.url, "", "")
    header = None
    if authentication:
        pair = ":".join(authentication).encode()
        header = "Basic " + base64.b64encode(pair).decode()
    headers = {
        "Authorization": header,
        "X-Broker-API-Version": "garbage",
        "X-Broker-API-Originating-Identity": "cloudfoundry "
        + base64.b64encode(b"[" * 3000).decode(),
        "X-Broker-API-Request-Identity": "same",
    }
    paths = ["/catalog", "/service_instances/i", "/service_instances/i/last_operation", "/nowhere"]
    for path in paths:
        response = stranger.request("GET", path, headers=headers, auth=None)
        assert_refused(response, 401, "user or password")
        assert response.headers["WWW-Authenticate"].startswith("Basic realm=")
        assert response.headers["X-Broker-API-Request-Identity"] == "same"
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        response = stranger.request(
            method, "/service_instances/i", headers=headers, auth=None, data=b"{" * 100
        )
        assert_refused(response, 401)


def test_a_stranger_cannot_make_the_broker_wait_for_a_body(server: Server) -> None:
    """OSB-AUTH-05: the response arrives before any byte of the body was sent."""
    with socket.create_connection(("localhost", server.port), timeout=10) as connection:
        connection.sendall(
            b"PUT /v2/service_instances/i HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


def test_unknown_paths_and_methods_return_json(platform: PlatformClient) -> None:
    """OSB-HDR-09."""
    assert_refused(platform.request("GET", "/nowhere"), 404, "no such path")
    refused = platform.request("POST", "/catalog")
    assert_refused(refused, 405)
    assert "GET" in refused.headers["Allow"]


@pytest.mark.parametrize("identifier", ["%00", "a%00b", "x" * 256, "%0A"])
def test_odd_ids_are_refused_with_a_description(platform: PlatformClient, identifier: str) -> None:
    """OSB-URL-02."""
    response = platform.provision(identifier, a_descriptor())
    assert response.status_code in {400, 404}
    assert response.json()["description"]


@pytest.mark.parametrize("identifier", ["a b", "ü", "🙂", "a%25b", "x" * 255, "'; DROP TABLE zone"])
def test_odd_ids_that_are_legal_work(platform: PlatformClient, identifier: str) -> None:
    """OSB-URL-01."""
    suffix = a_guid()[: 255 - len(identifier)]
    instance = identifier[: 255 - len(suffix)] + suffix
    assert platform.provision(instance, a_descriptor()).status_code == 201
    assert platform.bind(instance, instance).status_code == 201
    assert platform.fetch_binding(instance, instance).status_code == 200
    assert platform.deprovision(instance).status_code == 200
