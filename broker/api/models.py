"""Base classes of the JSON of requests and responses."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from broker.descriptor.paths import json_path, printable
from broker.errors import InvalidRequest, Violation
from broker.json_text.reader import MalformedJson, json_type, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

_MAX_VIOLATIONS = 20


def is_absent(value: object) -> bool:
    """Return whether ``exclude_if`` leaves a field out, also beside explicit nulls."""
    return value is None


class ResponseModel(BaseModel):
    """The JSON of a response; fields that are None are left out, or null (``explicit_nulls``)."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class RequestModel(BaseModel):
    """The JSON of a request: unknown fields are refused, and null is the same as absence.

    ``READ_ONLY`` names the fields of the resource that only the server sets. Clients send them back
    with what they have read; they have no effect. ``ONLY_NULL`` names fields of the original that
    have no value here: clients that send every field send them as null.
    """

    READ_ONLY: ClassVar[frozenset[str]] = frozenset()
    ONLY_NULL: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_read_only(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        fields = {each.alias or name for name, each in cls.model_fields.items()}
        nullable = fields | cls.ONLY_NULL
        return {
            name: each
            for name, each in value.items()
            if name not in cls.READ_ONLY and not (each is None and name in nullable)
        }

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema with the read-only fields, of any type."""
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).setdefault("properties", {})
        for name in sorted(cls.READ_ONLY):
            properties.setdefault(name, {"readOnly": True, "nullable": True})
        return found


@cache
def adapter(type_: Any) -> TypeAdapter[Any]:
    """Return the validator and serializer of a body's type."""
    return TypeAdapter(type_)


def parse_body(data: bytes, type_: Any) -> Any:
    """Return the body as this type; raise InvalidRequest with every violation."""
    if not data.strip():
        raise InvalidRequest.at("body", "no body", "a JSON document")
    try:
        document = read_json(data)
    except MalformedJson as error:
        raise InvalidRequest.at("body", error.found, error.allowed) from None
    try:
        return adapter(type_).validate_python(document, by_alias=True, by_name=False)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise InvalidRequest(_violations(details)) from None


@contextmanager
def renaming_paths(paths: Mapping[str, str]) -> Iterator[None]:
    """Give violations that the work within raises the JSON paths by their names in the domain."""
    try:
        yield
    except InvalidRequest as error:
        if error.violations and error.violations[0].path in paths:
            raise InvalidRequest(
                replace(each, path=paths.get(each.path, each.path)) for each in error.violations
            ) from None
        raise


def _violations(details: Iterable[ErrorDetails]) -> list[Violation]:
    return [_violation(each) for each in list(details)[:_MAX_VIOLATIONS]]


def _violation(detail: ErrorDetails) -> Violation:
    kind, path = detail["type"], json_path(detail["loc"])
    if kind == "missing":
        return Violation(path, "missing", "a value; this field is mandatory")
    if kind == "extra_forbidden":
        return Violation(path, "an unknown field", "the fields of the OpenAPI document")
    allowed = _ALLOWED.get(kind, "").format_map(detail.get("ctx", {})) or detail["msg"]
    return Violation(path, _found(detail["input"]), allowed)


_ALLOWED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "too_long": "at most {max_length} entries",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}


def _found(value: object) -> str:
    if isinstance(value, str):
        return f'"{printable(value)}"'
    if isinstance(value, bool | int | float):
        return str(value).lower()[:40]
    return f"a JSON {json_type(value)}"
