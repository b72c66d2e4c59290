"""Validates any response of the broker as Cloud Controller and the OSB specification require."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from requests.structures import CaseInsensitiveDict

from tests.support.success_referee import JsonObject, success_flaws, type_flaws

REQUEST_IDENTITY = "X-Broker-API-Request-Identity"

_LONGEST_DESCRIPTION = 8192

_INSTANCE = r"/v2/service_instances/[^/]+"
_BINDING = _INSTANCE + r"/service_bindings/[^/]+"

# Allowed for any call: bad input, credentials, version, size and the limit of failures.
_COMMON = frozenset({400, 401, 412, 413, 429})
_FIXED_WORDS = frozenset(
    {"AsyncRequired", "ConcurrencyError", "RequiresApp", "MaintenanceInfoConflict"}
)
_CAMEL_CASE_WORD = re.compile(r"[A-Z][A-Za-z0-9]*")
_INTERNALS = re.compile(
    r"Traceback|\bline \d+, in |\bobject at 0x|__init__|\b(?:SELECT|INSERT INTO|DELETE FROM) "
    r"|(?i:sqlalchemy|psycopg|sqlite|pydantic|openbrokerapi|werkzeug|<!doctype|<html)"
)


@dataclass(frozen=True)
class Call:
    """One of the ten calls: its additional statuses and the ``error`` codes of its 422."""

    method: str
    path: str
    statuses: frozenset[int]
    words: frozenset[str] | None = frozenset()
    """None means any error code or none."""

    def takes(self, word: object) -> bool:
        """Return whether a 422 with this error code is a clean refusal."""
        return 422 not in self.statuses or self.words is None or word in self.words


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
    "update": Call("PATCH", _INSTANCE, frozenset({200, 202, 404, 422}), words=None),
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


def verdict(  # noqa: PLR0917 - a request and its response
    method: str,
    path: str,
    request_headers: Mapping[str, str | bytes],
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    may_fail: bool = False,
) -> list[str]:
    """Return every rule that the response breaks; ``may_fail`` allows a 5xx, and nothing else.

    ``path`` begins with ``/v2`` and includes the query, quoted as it was sent.
    """
    url = urlsplit(path)
    name, is_known_path = _call_of(method, url.path)
    sent = CaseInsensitiveDict({key: _text(value) for key, value in request_headers.items()})
    received = CaseInsensitiveDict(headers)
    is_conditional = name == "catalog" and "If-None-Match" in sent
    broken = [*_header_flaws(status, sent, received)]
    if status >= 500:
        if not may_fail:
            broken.append(f"{status}: a 5xx makes the platform delete what it asked for")
    elif 300 <= status < 400 and not is_conditional:
        broken.append(f"{status}: a broker does not redirect")
    elif status not in _accepted(name, is_known_path=is_known_path):
        broken.append(f"{status}: not accepted for {name or method + ' ' + url.path} (OSB-ERR-01)")
    if method == "HEAD" or 300 <= status < 400:
        return broken
    media_type = received.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        broken.append(f"Content-Type: {media_type!r} is not application/json (OSB-HDR-09)")
    document = _json_object(body)
    if document is None:
        return [*broken, f"body: {body[:80]!r} is no JSON object (OSB-ERR-02)"]
    if status >= 400:
        return [*broken, *_error_flaws(name, status, document)]
    may_be_asynchronous = parse_qs(url.query).get("accepts_incomplete") == ["true"]
    if status == 202 and not may_be_asynchronous:
        broken.append("202: only with accepts_incomplete=true (OSB-ASYNC-03)")
    return [*broken, *success_flaws(name, status, document)]


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _call_of(method: str, path: str) -> tuple[str, bool]:
    """Return the name of the call, "" if it is none, and whether any call has this path."""
    # A quoted slash separates like any other: WSGI hands the path on unquoted.
    path = unquote(path)
    methods = {call.method: name for name, call in CALLS.items() if re.fullmatch(call.path, path)}
    return methods.get("GET" if method == "HEAD" else method, ""), bool(methods)


def _accepted(name: str, *, is_known_path: bool) -> frozenset[int]:
    if name:
        return _COMMON | CALLS[name].statuses
    return _COMMON | {405 if is_known_path else 404}


def _header_flaws(
    status: int, sent: Mapping[str, str], received: Mapping[str, str]
) -> Iterator[str]:
    identity = sent.get(REQUEST_IDENTITY, "").strip()
    # Non-ASCII values cannot be returned without guessing their encoding.
    if identity and identity.isascii() and identity.isprintable():
        echoed = received.get(REQUEST_IDENTITY)
        if echoed != identity:
            yield f"{REQUEST_IDENTITY}: {identity!r} came back as {echoed!r} (OSB-HDR-05)"
    if status == 401 and not received.get("WWW-Authenticate", "").startswith("Basic realm="):
        yield "WWW-Authenticate: a 401 needs Basic realm=… (OSB-AUTH-03)"
    if not received.get("Retry-After", "0").isdigit():
        yield "Retry-After: no number of seconds (OSB-LOPI-01)"


def _json_object(body: bytes) -> JsonObject | None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        document: Any = json.loads(body.decode(), parse_constant=refuse)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _error_flaws(name: str, status: int, body: JsonObject) -> Iterator[str]:
    yield from _description_flaws(status, body.get("description"))
    yield from _word_flaws(name, status, body)
    yield from type_flaws(body, {"instance_usable": bool, "update_repeatable": bool})
    if "instance_usable" in body and name not in {"update", "deprovision"}:
        yield f"instance_usable: not for {name} (OSB-ERR-05)"
    if "update_repeatable" in body and name != "update":
        yield f"update_repeatable: not for {name} (OSB-ERR-06)"
    if "credentials" in body:
        yield "credentials: an error has none"


def _description_flaws(status: int, description: object) -> Iterator[str]:
    if not isinstance(description, str) or not description.strip():
        yield f"description: missing, though {status} needs one for the user (OSB-ERR-03)"
        return
    if len(description.encode()) > _LONGEST_DESCRIPTION:
        yield f"description: cut off after {_LONGEST_DESCRIPTION} bytes (OSB-ERR-03)"
    if internal := _INTERNALS.search(description):
        yield f"description: shows internals, {internal.group()!r} (OSB-ERR-09)"


def _word_flaws(name: str, status: int, body: JsonObject) -> Iterator[str]:
    word = body.get("error")
    if "error" in body and not (isinstance(word, str) and _CAMEL_CASE_WORD.fullmatch(word)):
        yield f"error: {word!r} is no word in camel case (OSB-ERR-02)"
    elif word in _FIXED_WORDS and status != 422:
        yield f"error: {word} comes with 422 only (OSB-ERR-04)"
    elif status == 422 and name and not CALLS[name].takes(word):
        # The platform treats it as a failure and may start orphan mitigation.
        yield f"error: {word!r} on a 422 of {name} is a bad response (OSB-ERR-11)"
