"""Request bodies, checked for form before anybody reads them (OSB-BODY)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST_ID = 255
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Form:
    """The members of one message that this broker reads, by type; all others are ignored."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    objects: tuple[str, ...]
    ignored_objects: tuple[str, ...] = ()


PROVISION = Form(
    required=("service_id", "plan_id"),
    optional=("organization_guid", "space_guid", "maintenance_version"),
    objects=("parameters", "context"),
    ignored_objects=("maintenance_info",),
)
UPDATE = Form(
    required=("service_id",),
    optional=("plan_id", "maintenance_version"),
    objects=("parameters", "context"),
    # What the platform believes to be the previous values is never trusted (OSB-UPD-14).
    ignored_objects=("previous_values", "maintenance_info"),
)
BIND = Form(
    required=("service_id", "plan_id"),
    optional=("app_guid",),
    objects=("parameters", "context"),
    ignored_objects=("bind_resource",),
)
BIND_SUCCESSOR = Form(
    # The specification and its OpenAPI form disagree about the first two (OSB-ROT-02).
    required=("predecessor_binding_id",),
    optional=("service_id", "plan_id", "app_guid"),
    objects=("parameters", "context"),
    ignored_objects=("bind_resource",),
)
_CONTEXT_IDS = ("organization_guid", "space_guid", "clusterid", "namespace")


def parse_body(data: bytes, form: Form) -> dict[str, Any]:
    """Return the members named by ``form``; null and empty optional ones are absent.

    The version in ``maintenance_info`` comes as ``maintenance_version``. A bind with a predecessor
    has a form of its own. Raises InvalidRequest with every broken rule.
    """
    document = _json_object(data)
    if form is BIND and document.get("predecessor_binding_id"):
        form = BIND_SUCCESSOR
    application = _object(document, "bind_resource").get("app_guid")
    # The application's id may stand in either place (OSB-BIND-15).
    given = {
        **document,
        "app_guid": document.get("app_guid") or application,
        "maintenance_version": _object(document, "maintenance_info").get("version"),
    }
    problems = [
        *_string_problems(given, form),
        *_object_problems(document, form),
        *_context_problems(_object(document, "context")),
    ]
    if problems:
        raise InvalidRequest(problems)
    strings = {name: given[name] for name in (*form.required, *form.optional) if given.get(name)}
    return strings | {name: document[name] for name in form.objects if document.get(name)}


def _object(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _string_problems(document: Mapping[str, Any], form: Form) -> Iterator[Violation]:
    for name in (*form.required, *form.optional):
        value = document.get(name)
        if value not in (None, ""):
            yield from _id_violation(name, value)
        elif name in form.required:
            yield Violation(name, "missing or empty", "a non-empty string")


def _object_problems(document: Mapping[str, Any], form: Form) -> Iterator[Violation]:
    for name in (*form.objects, *form.ignored_objects):
        value = document.get(name)
        if value is not None and not isinstance(value, dict):
            yield Violation(name, f"a JSON {_json_type(value)}", "a JSON object")


def _context_problems(context: Mapping[str, Any]) -> Iterator[Violation]:
    for name in _CONTEXT_IDS:
        if context.get(name) not in (None, ""):
            yield from _id_violation(f"context.{name}", context[name])


def _id_violation(name: str, value: object) -> Iterator[Violation]:
    if (problem := _id_problem(value)) is not None:
        yield Violation(name, problem, _ID_RULE)


def check_id(name: str, value: str) -> None:
    """Raise InvalidRequest unless ``value`` is usable as an id (OSB-URL-02)."""
    if (problem := _id_problem(value)) is not None:
        raise InvalidRequest.at(name, problem, _ID_RULE)


_ID_RULE = f"1 to {_LONGEST_ID} printable characters"


def _id_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return f"a JSON {_json_type(value)}"
    if not 1 <= len(value) <= _LONGEST_ID:
        return f"{len(value)} characters"
    # NUL and lone surrogates are not printable either: no database takes them.
    return None if value.isprintable() else "unprintable characters"


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, parse_constant=_refuse, parse_float=_finite)
        too_deep = _is_deeper_than(document, _DEEPEST)
    except RecursionError:
        too_deep, document = True, {}
    except ValueError:
        raise InvalidRequest.at("body", "not valid JSON", "a JSON object") from None
    if too_deep:
        raise InvalidRequest.at(
            "body", "too many levels of objects and arrays", f"at most {_DEEPEST} levels"
        )
    if not isinstance(document, dict):
        raise InvalidRequest.at("body", f"a JSON {_json_type(document)}", "a JSON object")
    return document


def _is_deeper_than(document: object, levels: int) -> bool:
    if isinstance(document, dict):
        document = list(document.values())
    if not isinstance(document, list):
        return False
    return levels == 0 or any(_is_deeper_than(part, levels - 1) for part in document)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _json_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
