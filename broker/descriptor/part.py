"""The common base of all descriptor types, and their simple values."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from broker.descriptor.limits import MAX_LIST, MAX_PROVIDERS, MAX_REFERENCE

DIGITS = "^[0-9]{1,12}$"
"""The pattern of numbers given as text."""


def broken_rule(found: str, allowed: str) -> PydanticCustomError:
    """Build the validation error that ``parse`` turns into a Violation."""
    return PydanticCustomError("rule", "rule", {"found": found, "allowed": allowed})


def _boolean_text(value: object) -> object:
    # SAP's samples write booleans as JSON booleans and as text.
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def integer_text(value: object) -> object:
    """Return the number for a string of digits, any other value unchanged."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value) else value


Flag = Annotated[
    bool,
    BeforeValidator(_boolean_text),
    WithJsonSchema({"enum": [True, False, "true", "false"]}),
]


def _seconds_schema(minimum: int, maximum: int) -> WithJsonSchema:
    number = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": DIGITS}]})


_MAX_ACCESS_SECONDS = 86_400
MAX_TOKEN_LIFETIME = timedelta(seconds=_MAX_ACCESS_SECONDS)
"""The maximum lifetime of access tokens, whatever the descriptor and the settings say."""

AccessTokenSeconds = Annotated[
    int,
    BeforeValidator(integer_text),
    Field(ge=60, le=_MAX_ACCESS_SECONDS),
    _seconds_schema(60, _MAX_ACCESS_SECONDS),
]
RefreshTokenSeconds = Annotated[
    int,
    BeforeValidator(integer_text),
    Field(ge=60, le=31_536_000),
    _seconds_schema(60, 31_536_000),
]


def _without_control_characters(text: str) -> str:
    if found := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        raise broken_rule(
            f"the control character U+{ord(found[0]):04X}", "text without control characters"
        )
    return text


Plain = AfterValidator(_without_control_characters)
Text = Annotated[str, Field(max_length=1000), Plain]

Reference = Annotated[str, Field(max_length=MAX_REFERENCE)]
References = Annotated[list[Reference], Field(max_length=MAX_LIST)]
Provider = Annotated[str, Field(min_length=1, max_length=255)]
Providers = Annotated[list[Provider], Field(max_length=MAX_PROVIDERS)]


class DescriptorPart(BaseModel):
    """Common rules: frozen, keys as in the file, unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        hide_input_in_errors=True,
    )
    null_is_absent: ClassVar[frozenset[str]] = frozenset()
    """Keys for which null means that the key is absent (D-61)."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: part
            for key, part in value.items()
            if part is not None or key not in cls.null_is_absent
        }

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the keys of ``null_is_absent`` as nullable, too."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema)["properties"]
        for key in sorted(cls.null_is_absent):
            forms = properties[key].get("anyOf", [properties[key]])
            if {"type": "null"} not in forms:
                properties[key] = {"anyOf": [*forms, {"type": "null"}]}
        return schema
