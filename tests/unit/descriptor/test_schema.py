"""The draft-04 schemas of the catalog accept valid documents (OSB-CAT-13 to -15, D-10)."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft4Validator

from broker.descriptor.apiaccess import parse_apiaccess
from broker.descriptor.binding import BindingParameters
from broker.descriptor.leniency import INERT_KEYS
from broker.descriptor.schema import DIALECT, apiaccess_schema, descriptor_schema, parameter_schema
from broker.errors import InvalidRequest

DESCRIPTOR = Draft4Validator(descriptor_schema())
BINDING = Draft4Validator(parameter_schema(BindingParameters))


def words_of(value: Any) -> set[str]:
    """Return every key at any depth of a schema."""
    if isinstance(value, list):
        return {word for part in value for word in words_of(part)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {word for part in value.values() for word in words_of(part)}


@pytest.mark.parametrize(
    "schema", [descriptor_schema(), apiaccess_schema(), parameter_schema(BindingParameters)]
)
def test_it_is_of_the_dialect_that_platforms_demand(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == DIALECT
    Draft4Validator.check_schema(schema)
    assert words_of(schema).isdisjoint({"const", "$defs", "default"})


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"xsappname": "app"},
        {"xsappname": "app", "dry-run": "true"},
        {"xsappname": "app", "oauth2-configuration": {"token-validity": "900"}},
        {"xsappname": "app", "oauth2-configuration": {"credential-types": ["x509"]}},
        {"xsappname": "app", "oauth2-configuration": {"grant-types": ["client_x509"]}},
        {"xsappname": "app", "role-templates": [{"name": "T", "scopeReferences": ["$uaa.user"]}]},
        {"xsappname": "app", "role-templates": [{"name": "T", "attributeReferences": ["a"]}]},
        {"xsappname": "app", **dict.fromkeys(INERT_KEYS, 1)},
        {"xsappname": "app", "role-templates": [{"name": "T", "attribute-references": ["a"]}]},
    ],
)
def test_accepted_documents_are_valid(document: dict[str, Any]) -> None:
    assert list(DESCRIPTOR.iter_errors(document)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"description": "no name"},
        {"xsappname": 7},
        {"xsappname": None},
        {"xsappname": "app", "unknown": 1},
        {"xsappname": "app", "oauth2-configuration": {"token-validity": 59}},
        {"xsappname": "app", "oauth2-configuration": {"credential-types": ["foo"]}},
    ],
)
def test_most_refused_documents_are_invalid(document: dict[str, Any]) -> None:
    assert not DESCRIPTOR.is_valid(document)


def test_binding_parameters_have_their_own() -> None:
    assert BINDING.is_valid({"x509": {"key-length": "4096", "validity": 30}})
    assert not BINDING.is_valid({"x509": {"key-length": 1024}})
    assert not BINDING.is_valid({"xsappname": "app"})


CONFIGURATIONS: list[dict[str, Any] | None] = [
    {},
    None,
    {"token-validity": 900},
    {"token-validity": "900"},
    {"token-validity": 59},
    {"redirect-uris": []},
    {"credential-types": ["binding-secret"]},
    {"credential-types": ["x509", "binding-secret", "x509"]},
    {"credential-types": ["x509"]},
    {"credential-types": []},
    {"credential-types": None},
    {"credential-types": ["binding-secret", "foo"]},
]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"xsappname": "app"},
        {"xsappname": 7},
        {"xsappname": None},
        {"xsappname": "app", "scopes": []},
        {"dry-run": True},
        {"unknown": 1},
        *({"oauth2-configuration": configuration} for configuration in CONFIGURATIONS),
    ],
)
def test_plan_apiaccess_has_the_schema_of_what_it_parses(document: dict[str, Any]) -> None:
    """H-06."""
    try:
        parse_apiaccess(document, "na-1")
    except InvalidRequest:
        is_accepted = False
    else:
        is_accepted = True
    assert Draft4Validator(apiaccess_schema()).is_valid(document) == is_accepted
