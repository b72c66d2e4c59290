"""Validates the bodies of successful responses, call by call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.catalog_referee import catalog_flaws

JsonObject = dict[str, Any]

_LONGEST_OPERATION = 10_000
# Cloud Controller keeps credentials, encrypted, in a column of 64 KiB.
_LARGEST_CREDENTIALS = 40_000
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}


def success_flaws(name: str, status: int, body: JsonObject) -> Iterator[str]:
    """Yield every rule that the body of a 2xx of the call ``name`` breaks."""
    if "error" in body:
        yield "error: a success has none"
    if name == "catalog":
        yield from catalog_flaws(body)
    elif name in {"provision", "update", "fetch"}:
        yield from _instance_flaws(name, body)
    elif name in {"bind", "fetch_binding"}:
        yield from _binding_flaws(name, status, body)
    elif name in {"last_operation", "last_binding_operation"}:
        yield from _last_operation_flaws(body)
    if "operation" in body:
        yield from type_flaws(body, {"operation": str})
        if len(str(body["operation"])) > _LONGEST_OPERATION:
            yield f"operation: longer than {_LONGEST_OPERATION} characters (OSB-ASYNC-03)"


def type_flaws(
    body: JsonObject, types: Mapping[str, type[object]], parent: str = ""
) -> Iterator[str]:
    """Yield the members of a wrong type; null is a wrong type."""
    for member, type_ in types.items():
        if member in body and not isinstance(body[member], type_):
            yield f"{parent}{member}: {body[member]!r} is not {_NAMES[type_]}"


def _instance_flaws(name: str, body: JsonObject) -> Iterator[str]:
    yield from type_flaws(body, {"metadata": dict, "description": str})
    yield from type_flaws(_object(body, "metadata"), {"labels": dict, "attributes": dict})
    if name == "fetch":
        ids = {"service_id": str, "plan_id": str, "dashboard_url": str}
        yield from type_flaws(body, {**ids, "parameters": dict, "maintenance_info": dict})
        yield from type_flaws(_object(body, "maintenance_info"), {"version": str})
    elif body.get("dashboard_url") is not None:
        yield from type_flaws(body, {"dashboard_url": str})


def _binding_flaws(name: str, status: int, body: JsonObject) -> Iterator[str]:
    types = {"credentials": dict, "parameters": dict, "metadata": dict, "endpoints": list}
    yield from type_flaws(body, types)
    if status == 202 and "credentials" in body:
        yield "credentials: not before the bind is complete (OSB-BIND-04)"
    if name == "bind" and status != 202 and "credentials" not in body:
        yield "credentials: missing (OSB-BIND-01)"
    if len(json.dumps(body.get("credentials"))) > _LARGEST_CREDENTIALS:
        yield f"credentials: more than {_LARGEST_CREDENTIALS} bytes"
    for member in ("syslog_drain_url", "route_service_url", "volume_mounts"):
        if member in body:
            yield f"{member}: the catalog does not require it (OSB-BIND-11)"
    yield from _validity_flaws(_object(body, "metadata"))
    if isinstance(body.get("endpoints"), list):
        for endpoint in body["endpoints"]:
            yield from _endpoint_flaws(endpoint)


def _validity_flaws(metadata: JsonObject) -> Iterator[str]:
    times = [metadata[name] for name in ("renew_before", "expires_at") if name in metadata]
    if not all(isinstance(time, str) and _TIMESTAMP.fullmatch(time) for time in times):
        yield f"metadata: {times} are not all yyyy-mm-ddThh:mm:ss.sZ (OSB-BIND-12)"
    elif times != sorted(times):
        yield "metadata: renew_before is after expires_at (OSB-BIND-12)"


def _endpoint_flaws(endpoint: object) -> Iterator[str]:
    if not isinstance(endpoint, dict) or not {"host", "ports"} <= set(endpoint):
        yield "endpoints: each needs host and ports (OSB-BIND-13)"
        return
    yield from type_flaws(endpoint, {"host": str, "ports": list}, "endpoints.")
    if not all(isinstance(port, str) for port in endpoint["ports"] or [None]):
        yield "endpoints.ports: strings, at least one (OSB-BIND-13)"
    if endpoint.get("protocol", "all") not in {"tcp", "udp", "all"}:
        yield "endpoints.protocol: tcp, udp or all (OSB-BIND-13)"


def _last_operation_flaws(body: JsonObject) -> Iterator[str]:
    state, description = body.get("state"), body.get("description", "absent")
    if state not in {"in progress", "succeeded", "failed"}:
        yield f"state: {state!r} is none (OSB-LOPI-01)"
    if not isinstance(description, str) or not description:
        yield "description: a non-empty string, or absent (OSB-LOPI-01)"
    if state != "failed" and {"instance_usable", "update_repeatable"} & set(body):
        yield "instance_usable, update_repeatable: on failures only (OSB-LOPI-01)"


def _object(body: JsonObject, name: str) -> JsonObject:
    value = body.get(name)
    return value if isinstance(value, dict) else {}
