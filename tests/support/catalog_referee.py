"""Validates a catalog as Cloud Controller does when a broker is registered."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema

JsonObject = dict[str, Any]

_LONGEST_DESCRIPTION = 10_000
_LONGEST_TAGS = 2048
_LONGEST_MAINTENANCE_INFO = 2000
_LONGEST_SCHEMA = 65_536
_PERMISSIONS = frozenset({"syslog_drain", "route_forwarding", "volume_mount"})

_SCHEMA_VERSION = re.compile(r"http://json-schema\.org/draft-0[12346]/schema#?")
_NUMBER = r"(?:0|[1-9]\d*)"
_PRERELEASE = rf"(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMANTIC_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    rf"(?:-{_PRERELEASE}(?:\.{_PRERELEASE})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)

_SCHEMAS = {"service_instance": ("create", "update"), "service_binding": ("create",)}
_SERVICE_TYPES: Mapping[str, type[object]] = {
    "bindable": bool,
    "plan_updateable": bool,
    "bindings_retrievable": bool,
    "instances_retrievable": bool,
    "allow_context_updates": bool,
    "tags": list,
    "requires": list,
    "metadata": dict,
}
_PLAN_TYPES: Mapping[str, type[object]] = {
    "free": bool,
    "bindable": bool,
    "plan_updateable": bool,
    "binding_rotatable": bool,
    "maximum_polling_duration": int,
    "metadata": dict,
    "maintenance_info": dict,
    "schemas": dict,
}
_NAMES = {bool: "a boolean", int: "an integer", list: "an array", dict: "an object"}


def catalog_flaws(catalog: JsonObject) -> Iterator[str]:
    """Yield every reason for which the platform would refuse to register this catalog."""
    services = _objects(catalog, "services")
    if not services:
        yield "catalog: at least one service"
    plans = [plan for service in services for plan in _objects(service, "plans")]
    clients = [service.get("dashboard_client") for service in services]
    yield from _repetitions("service ids", (service.get("id") for service in services))
    yield from _repetitions("service names", (service.get("name") for service in services))
    yield from _repetitions("plan ids", (plan.get("id") for plan in plans))
    yield from _repetitions(
        "dashboard_client ids", (client.get("id") for client in clients if isinstance(client, dict))
    )
    for service in services:
        for flaw in _service_flaws(service):
            yield f"service {service.get('name')}: {flaw}"


def _service_flaws(service: JsonObject) -> Iterator[str]:
    yield from _text_flaws(service)
    yield from _type_flaws(service, _SERVICE_TYPES)
    if "bindable" not in service:
        yield "bindable: required"
    if "plan_updateable" not in service:
        yield "plan_updateable: explicit, or the platform refuses to change plans"
    yield from _list_flaws(service)
    metadata = service.get("metadata")
    if isinstance(metadata, dict):
        if not isinstance(metadata.get("shareable", False), bool):
            yield "metadata.shareable: not a boolean"
        if not isinstance(metadata.get("documentationUrl", ""), str):
            yield "metadata.documentationUrl: not a string, which Korifi does not survive"
    if "dashboard_client" in service:
        yield from _dashboard_client_flaws(service["dashboard_client"])
    plans = _objects(service, "plans")
    if not plans:
        yield "plans: at least one"
    yield from _repetitions("plan names", (plan.get("name") for plan in plans))
    for plan in plans:
        for flaw in _plan_flaws(plan):
            yield f"plan {plan.get('name')}: {flaw}"


def _list_flaws(service: JsonObject) -> Iterator[str]:
    tags, requires = service.get("tags", []), service.get("requires", [])
    if isinstance(tags, list):
        if not all(isinstance(tag, str) for tag in tags):
            yield "tags: not all are strings"
        elif len("".join(tags)) > _LONGEST_TAGS:
            yield f"tags: more than {_LONGEST_TAGS} characters"
    if isinstance(requires, list) and any(entry not in _PERMISSIONS for entry in requires):
        yield f"requires: not all among {', '.join(sorted(_PERMISSIONS))}"


def _dashboard_client_flaws(client: object) -> Iterator[str]:
    if not isinstance(client, dict):
        yield "dashboard_client: not an object"
        return
    for member in ("id", "secret", "redirect_uri"):
        if not _is_text(client.get(member)):
            yield f"dashboard_client.{member}: not a non-blank string"


def _plan_flaws(plan: JsonObject) -> Iterator[str]:
    yield from _text_flaws(plan)
    yield from _type_flaws(plan, _PLAN_TYPES)
    for member in ("free", "bindable"):
        if member not in plan:
            yield f"{member}: explicit, as Korifi takes an absent one as false"
    if isinstance(plan.get("maintenance_info"), dict):
        yield from _maintenance_flaws(plan["maintenance_info"])
    if isinstance(plan.get("schemas"), dict):
        yield from _schemas_flaws(plan["schemas"])


def _maintenance_flaws(maintenance: JsonObject) -> Iterator[str]:
    version = maintenance.get("version")
    if not isinstance(version, str) or not _SEMANTIC_VERSION.fullmatch(version):
        yield f"maintenance_info.version: {version!r} is no semantic version"
    if not isinstance(maintenance.get("description", ""), str):
        yield "maintenance_info.description: not a string"
    if set(maintenance) - {"version", "description"}:
        yield "maintenance_info: other members than version and description"
    if len(json.dumps(maintenance)) > _LONGEST_MAINTENANCE_INFO:
        yield f"maintenance_info: more than {_LONGEST_MAINTENANCE_INFO} characters"


def _schemas_flaws(schemas: JsonObject) -> Iterator[str]:
    for subject, actions in _SCHEMAS.items():
        by_action = schemas.get(subject, {})
        if not isinstance(by_action, dict):
            yield f"schemas.{subject}: not an object"
            continue
        for action in actions:
            where = f"schemas.{subject}.{action}"
            holder = by_action.get(action, {})
            if not isinstance(holder, dict):
                yield f"{where}: not an object"
            elif "parameters" in holder:
                for flaw in _schema_flaws(holder["parameters"]):
                    yield f"{where}.parameters: {flaw}"


def _schema_flaws(schema: object) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield "not an object"
        return
    if len(json.dumps(schema)) > _LONGEST_SCHEMA:
        yield f"more than {_LONGEST_SCHEMA} characters"
    if not _SCHEMA_VERSION.fullmatch(str(schema.get("$schema"))):
        yield f"$schema: {schema.get('$schema')!r} is none of draft 1 to 4 or 6"
    # The platform validates every schema against this draft, regardless of its ``$schema``.
    metaschema = jsonschema.Draft4Validator(jsonschema.Draft4Validator.META_SCHEMA)
    for error in metaschema.iter_errors(schema):
        yield f"no JSON schema of draft 4: {error.json_path} {error.message[:200]}"
    for reference in _references(schema):
        if not reference.startswith("#"):
            yield f"$ref: {reference!r} is external"


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def _objects(document: JsonObject, name: str) -> list[JsonObject]:
    entries = document.get(name)
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _text_flaws(document: JsonObject) -> Iterator[str]:
    for member in ("id", "name", "description"):
        if not _is_text(document.get(member)):
            yield f"{member}: not a non-blank string"
    if len(str(document.get("description"))) > _LONGEST_DESCRIPTION:
        yield f"description: more than {_LONGEST_DESCRIPTION} characters"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _type_flaws(document: JsonObject, types: Mapping[str, type[object]]) -> Iterator[str]:
    for member, type_ in types.items():
        value = document.get(member, type_())
        # To Python, a boolean is an integer too.
        if not isinstance(value, type_) or (type_ is int and isinstance(value, bool)):
            yield f"{member}: {value!r} is not {_NAMES[type_]}"


def _repetitions(what: str, values: Iterable[object]) -> Iterator[str]:
    for value, count in Counter(map(str, values)).items():
        if count > 1:
            yield f"catalog: {what} must be unique, {value} occurs {count} times"
