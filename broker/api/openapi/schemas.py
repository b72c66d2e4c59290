"""JSON schemas of the models in the dialect of OpenAPI 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from broker.api.models import adapter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from broker.api.route import Route

_REFERENCE = "#/components/schemas/{model}"


class Schemas:
    """The schemas of the bodies of all routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        inputs: list[Any] = []
        for route in routes:
            if route.request is not None:
                inputs.append(((route.request, "in"), "validation", adapter(route.request)))
            if route.response is not None:
                inputs.append(((route.response, "out"), "serialization", adapter(route.response)))
        unique = {key: (key, mode, each) for key, mode, each in inputs}
        found, definitions = TypeAdapter.json_schemas(
            list(unique.values()), ref_template=_REFERENCE
        )
        self._found: dict[Any, dict[str, Any]] = {
            key: _converted(schema) for (key, _), schema in found.items()
        }
        named = definitions.get("$defs", {})
        self.components = {name: _converted(named[name]) for name in sorted(named)}

    def request(self, type_: Any) -> dict[str, Any]:
        """Return the schema of a request's body."""
        return self._found[type_, "in"]

    def response(self, type_: Any) -> dict[str, Any]:
        """Return the schema of a response's body."""
        return self._found[type_, "out"]


def _converted(schema: Any) -> Any:
    """Return the schema with ``nullable`` instead of a type null, and without titles."""
    if isinstance(schema, list):
        return [_converted(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {
        name: _named(each) if name == "properties" else _converted(each)
        for name, each in schema.items()
        if name != "title"
    }
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    alternatives = kept.get("anyOf", [])
    others = [each for each in alternatives if each != {"type": "null"}]
    if len(others) == len(alternatives):
        return kept
    del kept["anyOf"]
    if kept.get("default", 0) is None:
        del kept["default"]
    only: dict[str, Any] = others[0] if len(others) == 1 else {"anyOf": others}
    return kept | ({"allOf": [only]} if "$ref" in only else only) | {"nullable": True}


def _named(properties: dict[str, Any]) -> dict[str, Any]:
    # A property may be named title.
    return {name: _converted(each) for name, each in properties.items()}
