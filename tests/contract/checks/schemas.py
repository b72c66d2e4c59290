"""The parameter schemas in the catalog."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from tests.contract.checks.catalog import plans_of
from tests.contract.expectations import NotApplicable
from tests.contract.offer import schema_of
from tests.contract.registry import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.resources import Resource
    from tests.contract.response import JsonObject
    from tests.contract.subject import Subject

DRAFT_04 = "http://json-schema.org/draft-04/schema#"
LONGEST = 65_536

_PLACES = (
    ("service_instance", "create"),
    ("service_instance", "update"),
    ("service_binding", "create"),
)


def _schemas(subject: Subject) -> list[tuple[str, JsonObject]]:
    found = [
        (f"plan {plan.get('name')}, {resource}.{call}", schema)
        for plan in plans_of(subject)
        for resource, call in _PLACES
        if (schema := schema_of(plan, resource, call))
    ]
    if not found:
        raise NotApplicable("no plan has schemas")
    return found


def _draft_04() -> Any:
    """The validator of the optional jsonschema package."""
    try:
        return importlib.import_module("jsonschema").Draft4Validator
    except ImportError:
        raise NotApplicable("the Python package jsonschema is not installed") from None


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)


@check("OSB-CAT-13", "OSB-CAT-14", "CF-RULE-09")
def schemas_are_small_and_self_contained(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for where, schema in _schemas(subject):
        dialect = schema.get("$schema")
        expect("OSB-CAT-13").that("$schema", isinstance(dialect, str), dialect, case=where)
        expect("OSB-CAT-14", "CF-RULE-09").that(DRAFT_04, dialect == DRAFT_04, dialect, case=where)
        external = [each for each in _references(schema) if not each.startswith("#")]
        expect("OSB-CAT-13", "CF-RULE-09").that("no external $ref", not external, external)
        length = len(json.dumps(schema))
        fits = "at most 64 kB"
        expect("OSB-CAT-13", "CF-RULE-09").that(fits, length <= LONGEST, length, case=where)
        root = schema.get("type")
        expect("OSB-CAT-14").that("type object at the root", root == "object", root, case=where)


@check("OSB-CAT-14", "CF-CAT-08")
def schemas_pass_the_meta_schema(broker: Broker, subject: Subject, expect: Expectations) -> None:
    schemas, validator = _schemas(subject), _draft_04()
    for where, schema in schemas:
        meta = validator(validator.META_SCHEMA)
        problems = [error.message[:120] for error in meta.iter_errors(schema)]
        expect().that("a valid draft-04 schema", not problems, problems[:3], case=where)


@check("OSB-CAT-15")
def schemas_admit_what_the_broker_accepts(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    validator = _draft_04()
    instance = subject.draft_instance()
    binding = subject.draft_binding(instance)
    empty = subject.draft_instance()
    documents: dict[str, tuple[Resource, JsonObject]] = {
        "create": (instance, instance.parameters),
        "create without parameters": (empty, {}),
        "bind": (binding, binding.body.get("parameters", {})),
        "bind differently": (subject.draft_binding(instance), binding.other_parameters or {}),
    }
    for case, (resource, parameters) in documents.items():
        place = "service_binding" if "bind" in case else "service_instance"
        schema = subject.offer.schema(place, "create")
        accepted = subject.create(resource, {**resource.body, "parameters": parameters}).done
        if accepted and schema:
            valid = validator(schema).is_valid(parameters)
            expect().that("a schema that admits what was accepted", valid, "not valid", case=case)
    if expect.without_finding:
        raise NotApplicable("no plan has schemas")
