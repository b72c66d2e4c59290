"""The referee lets every good response pass and names the rule that a bad one breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.referee import verdict

JSON = {"Content-Type": "application/json"}
INSTANCE = "/v2/service_instances/i"
BINDING = f"{INSTANCE}/service_bindings/b"
REQUESTS = {
    "catalog": ("GET", "/v2/catalog"),
    "provision": ("PUT", INSTANCE),
    "fetch": ("GET", f"{INSTANCE}?plan_id=p"),
    "update": ("PATCH", INSTANCE),
    "deprovision": ("DELETE", f"{INSTANCE}?service_id=s&plan_id=p"),
    "poll": ("GET", f"{INSTANCE}/last_operation?operation=o"),
    "bind": ("PUT", BINDING),
    "fetch binding": ("GET", BINDING),
    "unbind": ("DELETE", f"{BINDING}?service_id=s&plan_id=p"),
    "poll binding": ("GET", f"{BINDING}/last_operation"),
    "async provision": ("PUT", f"{INSTANCE}?accepts_incomplete=true"),
    "async bind": ("PUT", f"{BINDING}?accepts_incomplete=true"),
    "async unbind": ("DELETE", f"{BINDING}?accepts_incomplete=true&plan_id=p"),
    "no path": ("GET", "/v2/nowhere"),
    "no method": ("POST", INSTANCE),
    "quoted slash": ("PUT", "/v2/service_instances/a%2Fb"),
}
SORRY = {"description": "The value is wrong."}
BUSY = {**SORRY, "error": "ConcurrencyError"}
CREDENTIALS: dict[str, Any] = {"credentials": {"clientid": "c"}}


def broken(
    call: str,
    status: int,
    body: object,
    *,
    sent: dict[str, str | bytes] | None = None,
    received: dict[str, str] | None = None,
    may_fail: bool = False,
) -> list[str]:
    method, path = REQUESTS[call]
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return verdict(
        method, path, sent or {}, status, JSON | (received or {}), data, may_fail=may_fail
    )


GOOD: list[tuple[str, int, object]] = [
    ("provision", 200, {}),
    ("provision", 201, {"dashboard_url": None, "metadata": {"labels": {}, "attributes": {}}}),
    ("provision", 409, SORRY),
    ("provision", 422, BUSY),
    ("provision", 422, {**SORRY, "error": "MaintenanceInfoConflict"}),
    ("async provision", 202, {"operation": "x" * 10_000, "dashboard_url": "https://x"}),
    ("fetch", 200, {"service_id": "s", "plan_id": "p", "parameters": {}, "dashboard_url": "u"}),
    ("fetch", 200, {"maintenance_info": {"version": "1.0.0"}}),
    ("fetch", 404, SORRY),
    ("fetch", 422, BUSY),
    ("update", 200, {"description": "A note for the user."}),
    ("update", 404, SORRY),
    ("update", 422, {**SORRY, "instance_usable": True, "update_repeatable": False}),
    ("update", 422, {**SORRY, "error": "NotThisWay"}),
    ("deprovision", 200, {}),
    ("deprovision", 410, SORRY),
    ("deprovision", 422, {**BUSY, "instance_usable": False}),
    ("poll", 200, {"state": "in progress"}),
    ("poll", 200, {"state": "failed", "description": "No.", "update_repeatable": False}),
    ("bind", 201, CREDENTIALS),
    ("bind", 200, CREDENTIALS | {"endpoints": [{"host": "h", "ports": ["1"], "protocol": "tcp"}]}),
    ("bind", 201, CREDENTIALS | {"metadata": {"expires_at": "2030-01-01T00:00:00.0Z"}}),
    ("bind", 404, SORRY),
    ("bind", 422, {**SORRY, "error": "RequiresApp"}),
    ("async bind", 202, {"operation": "o"}),
    ("async unbind", 202, {}),
    ("fetch binding", 200, CREDENTIALS | {"parameters": {}}),
    ("fetch binding", 400, SORRY),
    ("unbind", 410, SORRY),
    ("poll binding", 404, SORRY),
    ("catalog", 412, SORRY),
    ("provision", 413, SORRY),
    ("no path", 404, SORRY),
    ("no method", 405, SORRY),
    ("quoted slash", 404, SORRY),
]


@pytest.mark.parametrize(("call", "status", "body"), GOOD)
def test_a_good_response_passes(call: str, status: int, body: object) -> None:
    assert broken(call, status, body) == []


BAD: list[tuple[str, str, int, object]] = [
    # Statuses
    ("201: not accepted for update", "update", 201, {}),
    ("409: not accepted for update", "update", 409, SORRY),
    ("410: not accepted for update", "update", 410, SORRY),
    ("410: not accepted for provision", "provision", 410, SORRY),
    ("404: not accepted for provision", "provision", 404, SORRY),
    ("404: not accepted for deprovision", "deprovision", 404, SORRY),
    ("404: not accepted for unbind", "unbind", 404, SORRY),
    ("409: not accepted for unbind", "unbind", 409, SORRY),
    ("201: not accepted for deprovision", "deprovision", 201, {}),
    ("204: not accepted for deprovision", "deprovision", 204, {}),
    ("410: not accepted for fetch", "fetch", 410, SORRY),
    ("201: not accepted for last_operation", "poll", 201, {"state": "succeeded"}),
    ("422: not accepted for fetch_binding", "fetch binding", 422, BUSY),
    ("422: not accepted for catalog", "catalog", 422, BUSY),
    ("403: not accepted for catalog", "catalog", 403, SORRY),
    ("200: not accepted for GET /v2/nowhere", "no path", 200, {}),
    ("404: not accepted for POST", "no method", 404, SORRY),
    ("302: a broker does not redirect", "catalog", 302, {}),
    ("308: a broker does not redirect", "provision", 308, {}),
    ("304: a broker does not redirect", "catalog", 304, b""),
    ("500: a 5xx", "provision", 500, SORRY),
    ("503: a 5xx", "poll", 503, SORRY),
    ("202: only with accepts_incomplete", "provision", 202, {}),
    # Bodies as a whole
    ("no JSON object", "deprovision", 200, b""),
    ("no JSON object", "deprovision", 410, b"[]"),
    ("no JSON object", "provision", 422, b"null"),
    ("no JSON object", "no path", 404, b"<html>"),
    ("no JSON object", "provision", 201, b'{"a": NaN}'),
    ("no JSON object", "provision", 201, b'{"a": "\xff"}'),
    # Errors
    ("description: missing", "provision", 400, {}),
    ("description: missing", "unbind", 410, {}),
    ("description: missing", "update", 422, {"description": ""}),
    ("description: missing", "update", 422, {"description": None}),
    ("cut off after 8192 bytes", "update", 400, {"description": "ü" * 4097}),
    ("shows internals, 'sqlite'", "update", 400, {"description": "a sqlite3.OperationalError"}),
    ("shows internals, 'Traceback'", "update", 400, {"description": "Traceback (most recent"}),
    ("shows internals", "update", 400, {"description": "Details.__init__() missing an argument"}),
    ("no word in camel case", "update", 422, {**SORRY, "error": "not this way"}),
    ("no word in camel case", "update", 422, {**SORRY, "error": None}),
    ("ConcurrencyError comes with 422 only", "provision", 409, BUSY),
    ("error: None on a 422 of provision", "provision", 422, SORRY),
    ("error: 'Other' on a 422 of bind", "bind", 422, {**SORRY, "error": "Other"}),
    ("on a 422 of unbind", "unbind", 422, {**SORRY, "error": "RequiresApp"}),
    ("on a 422 of provision", "provision", 422, {**SORRY, "error": "RequiresApp"}),
    ("instance_usable: not for bind", "bind", 400, {**SORRY, "instance_usable": True}),
    ("update_repeatable: not for", "deprovision", 400, {**SORRY, "update_repeatable": True}),
    ("'no' is not a boolean", "update", 422, {**SORRY, "update_repeatable": "no"}),
    ("credentials: an error has none", "bind", 409, SORRY | CREDENTIALS),
    # Instances
    ("operation: None is not a string", "provision", 201, {"operation": None}),
    ("operation: longer than", "async provision", 202, {"operation": "x" * 10_001}),
    ("operation: 7 is not a string", "async unbind", 202, {"operation": 7}),
    ("dashboard_url: 1 is not a string", "provision", 201, {"dashboard_url": 1}),
    ("dashboard_url: None is not a string", "fetch", 200, {"dashboard_url": None}),
    ("metadata: [] is not an object", "provision", 201, {"metadata": []}),
    ("labels: None is not an object", "update", 200, {"metadata": {"labels": None}}),
    ("attributes: 'a' is not an object", "fetch", 200, {"metadata": {"attributes": "a"}}),
    ("parameters: None is not an object", "fetch", 200, {"parameters": None}),
    ("service_id: None is not a string", "fetch", 200, {"service_id": None}),
    ("version: 1 is not a string", "fetch", 200, {"maintenance_info": {"version": 1}}),
    ("error: a success has none", "provision", 201, {"error": "Odd"}),
    # Bindings
    ("credentials: missing", "bind", 201, {}),
    ("credentials: 'c' is not an object", "bind", 200, {"credentials": "c"}),
    ("credentials: not before", "async bind", 202, CREDENTIALS),
    ("more than 40000 bytes", "bind", 201, {"credentials": {"a": "x" * 40_000}}),
    ("syslog_drain_url: the catalog", "bind", 201, CREDENTIALS | {"syslog_drain_url": None}),
    ("route_service_url: the", "bind", 201, CREDENTIALS | {"route_service_url": "https://x"}),
    ("volume_mounts: the", "fetch binding", 200, CREDENTIALS | {"volume_mounts": []}),
    ("parameters: None", "fetch binding", 200, CREDENTIALS | {"parameters": None}),
    ("are not all yyyy", "bind", 201, CREDENTIALS | {"metadata": {"expires_at": "2030-01-01"}}),
    (
        "are not all yyyy",
        "bind",
        201,
        CREDENTIALS | {"metadata": {"expires_at": "2030-01-01T00:00:00Z"}},
    ),
    (
        "renew_before is after",
        "bind",
        201,
        CREDENTIALS
        | {
            "metadata": {
                "expires_at": "2030-01-01T00:00:00.0Z",
                "renew_before": "2030-01-02T00:00:00.0Z",
            }
        },
    ),
    ("needs host and ports", "bind", 201, CREDENTIALS | {"endpoints": [{"host": "h"}]}),
    ("strings", "bind", 201, CREDENTIALS | {"endpoints": [{"host": "h", "ports": [80]}]}),
    # Last operations
    ("state: None is none", "poll", 200, {}),
    ("state: 'done' is none", "poll binding", 200, {"state": "done"}),
    ("description: a non-empty", "poll", 200, {"state": "succeeded", "description": ""}),
    ("on failures only", "poll", 200, {"state": "succeeded", "instance_usable": True}),
]


@pytest.mark.parametrize(("rule", "call", "status", "body"), BAD)
def test_a_bad_response_is_named(rule: str, call: str, status: int, body: object) -> None:
    [flaw] = broken(call, status, body)
    assert rule in flaw


def test_a_failure_may_be_expected_and_must_still_be_well_formed() -> None:
    assert broken("provision", 503, SORRY, may_fail=True) == []
    assert "description" in str(broken("provision", 503, {}, may_fail=True))


def test_the_content_type_is_json() -> None:
    assert broken("provision", 201, {}, received={"Content-Type": "Application/JSON"}) == []
    for wrong in ("text/html", "", "application/problem+json"):
        [flaw] = broken("provision", 201, {}, received={"Content-Type": wrong})
        assert "Content-Type" in flaw


def test_the_request_identity_comes_back() -> None:
    name = "X-Broker-API-Request-Identity"
    echo = {name.lower(): "r-1"}
    assert broken("provision", 201, {}, sent={name: "r-1"}, received=echo) == []
    assert broken("provision", 201, {}, sent={name: b"r-1"}, received=echo) == []
    assert broken("provision", 201, {}, sent={name: ""}) == []
    assert broken("provision", 201, {}, sent={name: "ü"}) == []
    for status, body in ((201, {}), (400, SORRY)):
        [flaw] = broken("provision", status, body, sent={name: "r-2"}, received=echo)
        assert "'r-2' came back as 'r-1'" in flaw


def test_an_unauthenticated_caller_gets_a_challenge() -> None:
    challenge = {"WWW-Authenticate": 'Basic realm="x"'}
    assert broken("provision", 401, SORRY, received=challenge) == []
    assert "Basic realm" in str(broken("provision", 401, SORRY))


def test_a_pause_is_a_number_of_seconds() -> None:
    polled = {"state": "in progress"}
    assert broken("poll", 200, polled, received={"Retry-After": "60"}) == []
    assert "Retry-After" in str(broken("poll", 200, polled, received={"Retry-After": "soon"}))


def test_an_unmodified_catalog_and_a_head_have_no_body() -> None:
    assert broken("catalog", 304, b"", sent={"If-None-Match": '"e"'}, received={}) == []
    assert verdict("HEAD", "/v2/catalog", {}, 200, {}, b"") == []
