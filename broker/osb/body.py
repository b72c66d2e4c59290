"""Request bodies: JSON, types and ids are checked before any member is used (OSB-BODY)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from broker.errors import InvalidRequest, Violation
from broker.json_text.reader import MalformedJson, json_type, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MEDIA_TYPE = "application/json"

MAX_CONTEXT = 65_536
"""Characters of the context as JSON; it is stored with the instance."""

_MAX_ID = 255


@dataclass(frozen=True, slots=True)
class Form:
    """The members of one message that this broker reads, by type; all others are ignored.

    ``ignored_objects`` must be objects although no operation reads them as a whole.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    objects: tuple[str, ...]
    ignored_objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """The members of a body; absent, null and empty ones are None or an empty object.

    Those that the form requires are never None.
    """

    service_id: str | None = None
    plan_id: str | None = None
    organization_guid: str | None = None
    space_guid: str | None = None
    app_guid: str | None = None
    predecessor_binding_id: str | None = None
    maintenance_version: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


def is_json(media_type: str) -> bool:
    """Return whether a media type without parameters is JSON (RFC 8259, RFC 6839 section 3.1)."""
    return media_type == MEDIA_TYPE or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


def parse_body(data: bytes, form: Form, variant: tuple[str, Form] | None = None) -> Message:
    """Return the members named by ``form``.

    ``variant`` names a member whose presence selects another form. The version in
    ``maintenance_info`` comes as ``maintenance_version``. Raises InvalidRequest with every broken
    rule.
    """
    document = _json_object(data)
    if variant is not None and document.get(variant[0]):
        form = variant[1]
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
    names = (*form.required, *form.optional, *form.objects)
    return Message(**{name: given[name] for name in names if given.get(name)})


_CONTEXT_IDS = ("organization_guid", "space_guid", "subaccount_id", "clusterid", "namespace")


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
            yield Violation(name, f"a JSON {json_type(value)}", "a JSON object")


def _context_problems(context: Mapping[str, Any]) -> Iterator[Violation]:
    size = len(json.dumps(context))
    if size > MAX_CONTEXT:
        yield Violation("context", f"{size} characters", f"at most {MAX_CONTEXT} characters")
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


_ID_RULE = f"1 to {_MAX_ID} printable characters"


def _id_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return f"a JSON {json_type(value)}"
    if not 1 <= len(value) <= _MAX_ID:
        return f"{len(value)} characters"
    # NUL and lone surrogates are not printable either: no database takes them.
    return None if value.isprintable() else "unprintable characters"


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        return read_object(data)
    except MalformedJson as error:
        raise InvalidRequest.at("body", error.found, error.allowed) from None
