"""The served document has the documented operations of the original, their codes and fields.

``documented.json`` lists them: those of priority 1 are used most. A model in brackets is an array;
it lacks the fields that have no value here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import JsonObject
    from tests.support.server import Server

FACTS: JsonObject = json.loads(Path(__file__).with_name("documented.json").read_text())
PARAMETER = re.compile(r"\{[^}]+\}")


@pytest.fixture(scope="module")
def document(sqlite_server: Server) -> JsonObject:
    found: JsonObject = requests.get(f"{sqlite_server.url}/openapi.json", timeout=30).json()
    return found


def operations_of(document: JsonObject) -> dict[str, JsonObject]:
    """Return the operations by method and path without names of parameters."""
    return {
        f"{method.upper()} {unnamed(path)}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def unnamed(path: str) -> str:
    return PARAMETER.sub("{}", path)


@pytest.mark.parametrize("section", sorted(FACTS["operations"]))
def test_every_operation_is_served(document: JsonObject, section: str) -> None:
    served = operations_of(document)
    missing: list[str] = []
    for fact in FACTS["operations"][section]:
        operation = served.get(unnamed(fact["operation"]))
        if operation is None:
            missing.append(fact["operation"])
            continue
        found = {
            "code": {fact["success"], *fact.get("failures", [])} - statuses(operation),
            "query parameter": set(fact.get("query", [])) - parameters(operation),
            "field of the request": fields_of(fact.get("request"))
            - request_fields(document, operation),
            "field of the response": fields_of(fact.get("response"))
            - response_fields(document, operation),
        }
        missing += [
            f"{fact['operation']}: {kind} {each}"
            for kind, lacking in found.items()
            for each in sorted(lacking, key=str)
        ]
    assert missing == []


def statuses(operation: JsonObject) -> set[int]:
    return {int(code) for code in operation["responses"]}


def parameters(operation: JsonObject) -> set[str]:
    return {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}


def fields_of(model: str | None) -> set[str]:
    return set(FACTS["models"][model.strip("[]")]) if model else set()


def request_fields(document: JsonObject, operation: JsonObject) -> set[str]:
    return properties(document, operation.get("requestBody"))


def response_fields(document: JsonObject, operation: JsonObject) -> set[str]:
    success = min(operation["responses"])
    return properties(document, operation["responses"][success])


def properties(document: JsonObject, holder: JsonObject | None) -> set[str]:
    """Return the names of the properties in a body, of its entries if it is an array."""
    if not holder or "content" not in holder:
        return set()
    schema: Any = holder["content"]["application/json"]["schema"]
    schema = schema.get("items", schema)
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    return set(schema.get("properties", {}))


@pytest.mark.parametrize("operation", FACTS["absent"])
def test_paths_of_guessed_clients_are_unknown(api: ApiClient, operation: str) -> None:
    method, _, path = operation.partition(" ")
    assert api(method, path).status_code == 404
