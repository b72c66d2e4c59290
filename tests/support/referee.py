"""Judges one response as Cloud Controller and the OSB specification would."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from requests.structures import CaseInsensitiveDict

from tests.support.catalog_referee import catalog_flaws

JsonObject = dict[str, Any]

REQUEST_IDENTITY = "X-Broker-API-Request-Identity"

_LONGEST_DESCRIPTION = 8192
_LONGEST_OPERATION = 10_000
# Cloud Controller keeps credentials, encrypted, in a column of 64 KiB.
_LARGEST_CREDENTIALS = 40_000

_INSTANCE = r"/v2/service_instances/[^/]+"
_BINDING = _INSTANCE + r"/service_bindings/[^/]+"

# What any call may answer: bad input, credentials, version and size.
_COMMON = frozenset({400, 401, 412, 413})
_FIXED_WORDS = frozenset(
    {"AsyncRequired", "ConcurrencyError", "RequiresApp", "MaintenanceInfoConflict"}
)
_INTERNALS = re.compile(
    r"Traceback|\bline \d+, in |sqlalchemy|psycopg|sqlite|pydantic|openbrokerapi|werkzeug"
    r"|__\w+__|\bobject at 0x|\b(?:SELECT|INSERT INTO|DELETE FROM) |<!doctype|<html",
    re.IGNORECASE,
)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_CAMEL_CASE_WORD = re.compile(r"[A-Z][A-Za-z0-9]*")


@dataclass(frozen=True)
class Call:
    """One of the ten calls: its statuses besides the common ones, and its 422 ``error`` words."""

    method: str
    path: str
    statuses: frozenset[int]
    words: frozenset[str] = frozenset()
    takes_any_word: bool = False


_DELETED = frozenset({200, 202, 410, 422})
_DELETE_WORDS = frozenset({"AsyncRequired", "ConcurrencyError"})
_POLLED = frozenset({200, 404, 410})

CALLS = {
    "catalog": Call("GET", "/v2/catalog", frozenset({200, 304})),
    "provision": Call(
        "PUT",
        _INSTANCE,
        frozenset({200, 201, 202, 409, 422}),
        frozenset({"AsyncRequired", "ConcurrencyError", "MaintenanceInfoConflict"}),
    ),
    "fetch": Call("GET", _INSTANCE, frozenset({200, 404, 422}), frozenset({"ConcurrencyError"})),
    # Cloud Controller shows the description of any 422 here and mitigates nothing.
    "update": Call("PATCH", _INSTANCE, frozenset({200, 202, 404, 422}), takes_any_word=True),
    "deprovision": Call("DELETE", _INSTANCE, _DELETED, _DELETE_WORDS),
    "last_operation": Call("GET", _INSTANCE + "/last_operation", _POLLED),
    "bind": Call(
        "PUT",
        _BINDING,
        frozenset({200, 201, 202, 404, 409, 422}),
        frozenset({"RequiresApp", "AsyncRequired", "ConcurrencyError"}),
    ),
    "fetch_binding": Call("GET", _BINDING, frozenset({200, 404})),
    "unbind": Call("DELETE", _BINDING, _DELETED, _DELETE_WORDS),
    "last_binding_operation": Call("GET", _BINDING + "/last_operation", _POLLED),
}


@dataclass(frozen=True)
class Exchange:
    """A request and its response, taken apart once for all rules."""

    name: str
    method: str
    query: Mapping[str, list[str]]
    sent: Mapping[str, str]
    status: int
    received: Mapping[str, str]
    body: JsonObject

    @property
    def succeeded(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300


def verdict(
    method: str,
    path: str,
    request_headers: Mapping[str, Any],
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    may_fail: bool = False,
) -> list[str]:
    """Return every rule that the response breaks; ``may_fail`` allows a 5xx, and nothing else.

    ``path`` begins with ``/v2`` and comes with its query, quoted as it was sent.
    """
    url = urlsplit(path)
    name, on_known_path = _call_of(method, url.path)
    sent = CaseInsensitiveDict({key: _text(value) for key, value in request_headers.items()})
    received = CaseInsensitiveDict(headers)
    broken = [
        *_status_flaws(name, method, status, sent, on_known_path=on_known_path, may_fail=may_fail),
        *_header_flaws(status, sent, received),
    ]
    if method == "HEAD" or status == 304:
        return broken
    if received.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        broken.append(f"Content-Type is {received.get('Content-Type')!r}, not application/json")
    document = _json_object(body)
    if document is None:
        return [*broken, f"the body is no JSON object: {body[:80]!r}"]
    query = parse_qs(url.query, keep_blank_values=True)
    exchange = Exchange(name, method, query, sent, status, received, document)
    return [*broken, *_body_flaws(exchange)]


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _call_of(method: str, path: str) -> tuple[str, bool]:
    """Return the name of the call, "" if it is none, and whether any call has this path."""
    # A quoted slash separates like any other: WSGI hands on the path unquoted.
    path = unquote(path)
    methods = {
        call.method: name for name, call in CALLS.items() if re.fullmatch(call.path, path)
    }
    return methods.get("GET" if method == "HEAD" else method, ""), bool(methods)


def _status_flaws(
    name: str,
    method: str,
    status: int,
    sent: Mapping[str, str],
    *,
    on_known_path: bool,
    may_fail: bool,
) -> Iterator[str]:
    if status >= 500:
        if not may_fail:
            yield f"{status}: a 5xx makes the platform delete what it asked for (OSB-ERR-10)"
        return
    if 300 <= status < 400 and not (name == "catalog" and "If-None-Match" in sent):
        yield f"{status}: a broker does not redirect"
    elif not name and status not in _COMMON | {405 if on_known_path else 404}:
        yield f"{status}: {method} on this path is none of the ten calls"
    elif name and status not in _COMMON | CALLS[name].statuses:
        yield f"{status}: is not accepted for {name} (OSB-ERR-01)"


def _header_flaws(
    status: int, sent: Mapping[str, str], received: Mapping[str, str]
) -> Iterator[str]:
    identity = sent.get(REQUEST_IDENTITY, "").strip()
    if identity.isascii() and identity.isprintable() and identity:
        echoed = received.get(REQUEST_IDENTITY)
        if echoed != identity:
            yield f"{REQUEST_IDENTITY}: {identity!r} came back as {echoed!r} (OSB-HDR-05)"
    if status == 401 and not received.get("WWW-Authenticate", "").startswith("Basic realm="):
        yield "401 without WWW-Authenticate: Basic realm=… (OSB-AUTH-03)"
    if not received.get("Retry-After", "0").isdigit():
        yield "Retry-After is no number of seconds (OSB-LOPI-01)"


def _json_object(body: bytes) -> JsonObject | None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        document = json.loads(body.decode(), parse_constant=refuse)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _body_flaws(exchange: Exchange) -> Iterator[str]:
    if exchange.status >= 400:
        yield from _error_flaws(exchange)
        return
    if exchange.status == 202:
        yield from _asynchrony_flaws(exchange)
    if exchange.succeeded and "error" in exchange.body:
        yield "error: a success has none"
    if exchange.name in {"provision", "update", "fetch"}:
        yield from _instance_flaws(exchange)
    elif exchange.name in {"bind", "fetch_binding"}:
        yield from _binding_flaws(exchange)
    elif exchange.name.startswith("last_"):
        yield from _last_operation_flaws(exchange.body)
    elif exchange.name == "catalog":
        yield from catalog_flaws(exchange.body)
    if exchange.name not in {"catalog", "fetch", "fetch_binding"}:
        yield from _type_flaws(exchange.body, {"operation": str})
        if len(str(exchange.body.get("operation", ""))) > _LONGEST_OPERATION:
            yield f"operation: longer than {_LONGEST_OPERATION} characters"


def _error_flaws(exchange: Exchange) -> Iterator[str]:
    body, name, status = exchange.body, exchange.name, exchange.status
    description = body.get("description")
    if not isinstance(description, str) or not description.strip():
        yield f"description: missing, though {status} needs one for the user (OSB-ERR-03)"
    else:
        if len(description.encode()) > _LONGEST_DESCRIPTION:
            yield f"description: more than {_LONGEST_DESCRIPTION} bytes are cut off (OSB-ERR-03)"
        if internal := _INTERNALS.search(description):
            yield f"description: shows internals, {internal.group()!r} (OSB-ERR-09)"
    word = body.get("error")
    if "error" in body and not (isinstance(word, str) and _CAMEL_CASE_WORD.fullmatch(word)):
        yield f"error: {word!r} is no word in camel case (OSB-ERR-02)"
    elif word in _FIXED_WORDS and status != 422:
        yield f"error: {word} comes with 422 only (OSB-ERR-04)"
    elif status == 422 and name and word not in CALLS[name].words:
        # With a word of its own for another call, or none, the call counts as failed badly.
        if not CALLS[name].takes_any_word:
            yield f"error: {word!r} on a 422 of {name} is a bad response (OSB-ERR-11)"
    if name not in {"update", "deprovision"} and "instance_usable" in body:
        yield f"instance_usable: not for {name} (OSB-ERR-05)"
    if name != "update" and "update_repeatable" in body:
        yield f"update_repeatable: not for {name} (OSB-ERR-06)"
    yield from _type_flaws(body, {"instance_usable": bool, "update_repeatable": bool})
    if "credentials" in body:
        yield "credentials: an error has none"


def _asynchrony_flaws(exchange: Exchange) -> Iterator[str]:
    if exchange.query.get("accepts_incomplete") != ["true"]:
        yield "202: only with accepts_incomplete=true (OSB-ASYNC-03)"
    if "credentials" in exchange.body:
        yield "credentials: not before the bind is complete (OSB-BIND-04)"


def _instance_flaws(exchange: Exchange) -> Iterator[str]:
    body = exchange.body
    yield from _type_flaws(
        body, {"metadata": dict, "description": str, "parameters": dict, "maintenance_info": dict}
    )
    if exchange.name == "fetch":
        yield from _type_flaws(body, {"service_id": str, "plan_id": str, "dashboard_url": str})
    elif body.get("dashboard_url") is not None:
        yield from _type_flaws(body, {"dashboard_url": str})
    if isinstance(body.get("metadata"), dict):
        yield from _type_flaws(body["metadata"], {"labels": dict, "attributes": dict}, "metadata.")
    if isinstance(body.get("maintenance_info"), dict):
        yield from _type_flaws(body["maintenance_info"], {"version": str}, "maintenance_info.")


def _binding_flaws(exchange: Exchange) -> Iterator[str]:
    body = exchange.body
    yield from _type_flaws(
        body, {"credentials": dict, "parameters": dict, "metadata": dict, "endpoints": list}
    )
    if exchange.name == "bind" and exchange.status != 202 and "credentials" not in body:
        yield "credentials: missing (OSB-BIND-01)"
    if len(json.dumps(body.get("credentials"))) > _LARGEST_CREDENTIALS:
        yield f"credentials: more than {_LARGEST_CREDENTIALS} bytes"
    for member in ("syslog_drain_url", "route_service_url", "volume_mounts"):
        if member in body:
            yield f"{member}: the catalog does not require it (OSB-BIND-11)"
    if isinstance(body.get("metadata"), dict):
        yield from _validity_flaws(body["metadata"])
    for endpoint in body.get("endpoints") or []:
        ports = endpoint.get("ports") if isinstance(endpoint, dict) else None
        if not isinstance(ports, list) or not isinstance(endpoint.get("host"), str):
            yield "endpoints: each needs host and ports (OSB-BIND-13)"
        elif not all(isinstance(port, str) for port in ports):
            yield "endpoints: ports are strings (OSB-BIND-13)"


def _validity_flaws(metadata: JsonObject) -> Iterator[str]:
    times = [metadata[name] for name in ("renew_before", "expires_at") if name in metadata]
    if not all(isinstance(time, str) and _TIMESTAMP.fullmatch(time) for time in times):
        yield f"metadata: {times} are not all yyyy-mm-ddThh:mm:ss.sZ (OSB-BIND-12)"
    elif times != sorted(times):
        yield "metadata: renew_before is after expires_at (OSB-BIND-12)"


def _last_operation_flaws(body: JsonObject) -> Iterator[str]:
    if body.get("state") not in {"in progress", "succeeded", "failed"}:
        yield f"state: {body.get('state')!r} is none (OSB-LOPI-01)"
    description = body.get("description", "-")
    if not isinstance(description, str) or not description:
        yield "description: a non-empty string, or absent (OSB-LOPI-01)"
    if body.get("state") != "failed" and {"instance_usable", "update_repeatable"} & set(body):
        yield "instance_usable, update_repeatable: for failures only (OSB-LOPI-01)"


def _type_flaws(body: JsonObject, types: Mapping[str, type], parent: str = "") -> Iterator[str]:
    """A null is refused like any other wrong type."""
    for member, type_ in types.items():
        if member in body and not isinstance(body[member], type_):
            yield f"{parent}{member}: {body[member]!r} is no JSON {_JSON_NAMES[type_]}"


_JSON_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}
