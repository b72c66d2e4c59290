"""Request bodies, checked for form before anybody reads them (OSB-BODY)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Form:
    """The members of one message that this broker reads, by type; all others are ignored."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    objects: tuple[str, ...]


PROVISION = Form(
    required=("service_id", "plan_id"),
    optional=("organization_guid", "space_guid"),
    objects=("parameters", "context"),
)
UPDATE = Form(
    required=("service_id",),
    optional=("plan_id",),
    objects=("parameters", "context", "previous_values"),
)
BIND = Form(
    required=("service_id", "plan_id"),
    optional=("app_guid",),
    objects=("parameters", "context", "bind_resource"),
)
_CONTEXT_IDS = ("organization_guid", "space_guid", "clusterid", "namespace")


def parse_body(data: bytes, form: Form) -> dict[str, Any]:
    """Return the members named by ``form``; null and empty optional ones are absent.

    Raises InvalidRequest with every broken rule.
    """
    document = _json_object(data)
    problems: list[Violation] = []
    cleaned: dict[str, Any] = {}
    for name in (*form.required, *form.optional):
        value = document.get(name)
        if value is None or value == "":
            if name in form.required:
                problems.append(Violation(name, "missing or empty", "a non-empty string"))
        elif (problem := _id_problem(value)) is not None:
            problems.append(Violation(name, problem, _ID_RULE))
        else:
            cleaned[name] = value
    for name in form.objects:
        value = document.get(name)
        if value is None:
            continue
        if isinstance(value, dict):
            cleaned[name] = _without_empty_ids(value) if name == "context" else value
        else:
            problems.append(Violation(name, f"a JSON {_json_type(value)}", "a JSON object"))
    problems += _context_problems(cleaned.get("context", {}))
    if problems:
        raise InvalidRequest(problems)
    return cleaned


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


def _without_empty_ids(context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in context.items()
        if name not in _CONTEXT_IDS or value not in (None, "")
    }


def _context_problems(context: Mapping[str, Any]) -> list[Violation]:
    found = [(name, _id_problem(context[name])) for name in _CONTEXT_IDS if name in context]
    return [Violation(f"context.{name}", problem, _ID_RULE) for name, problem in found if problem]


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidRequest.at("body", "JSON nested too deeply", "a flat JSON object") from None
    except (ValueError, UnicodeDecodeError):
        raise InvalidRequest.at("body", "not valid JSON", "a JSON object") from None
    if not isinstance(document, dict):
        raise InvalidRequest.at("body", f"a JSON {_json_type(document)}", "a JSON object")
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


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
