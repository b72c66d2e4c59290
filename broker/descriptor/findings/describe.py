"""Violations from pydantic's errors: the JSON path, the value found, the values allowed (D-11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.findings.keys import KeyFinder, field_at
from broker.descriptor.model import NAME_RULES
from broker.descriptor.paths import MAX_ECHO, json_path, printable
from broker.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from broker.descriptor.part import DescriptorPart

MAX_VIOLATIONS = 500
"""Violations that are described; suggestions for misspelled keys take time."""

_INVALID = "Invalid "


class Missing(Violation):
    """A mandatory key is absent or null."""

    def __str__(self) -> str:
        """Return the text without the allowed values, which any user knows."""
        return f"{self.path} is missing"


class UnknownKey(Violation):
    """A key that its object does not have; ``found`` may suggest another."""

    def __str__(self) -> str:
        """Return the text; a suggestion replaces the list of all keys."""
        return f"{self.path}: {self.found}" if self.found.endswith("?") else super().__str__()


class InvalidName(Violation):
    """``found`` contains the key: SAP's phrase, which users search for."""

    def __str__(self) -> str:
        """Return the text without the path if it would only repeat the key."""
        is_nested = "." in self.path
        return super().__str__() if is_nested else f"{self.found}; allowed: {self.allowed}"


def described(part: type[DescriptorPart], details: Sequence[ErrorDetails]) -> list[Violation]:
    """Return the violations, those beyond the limit as one.

    A mandatory key that is only misspelled, such as ``XSAPPNAME``, is not reported as missing.
    """
    keys = KeyFinder(part)
    misspelled = {
        (*detail["loc"][:-1], slip)
        for detail in details[:MAX_VIOLATIONS]
        if detail["type"] == "extra_forbidden" and (slip := keys.slip(detail["loc"])) is not None
    }
    reported = [
        detail
        for detail in details
        if detail["type"] != "missing" or detail["loc"] not in misspelled
    ]
    broken = [_violation(part, keys, detail) for detail in reported[:MAX_VIOLATIONS]]
    if more := len(reported) - len(broken):
        broken.append(Violation("$", f"{more} further errors", "a valid document"))
    return broken


def _violation(part: type[DescriptorPart], keys: KeyFinder, detail: ErrorDetails) -> Violation:
    kind, location, context = detail["type"], detail["loc"], detail.get("ctx", {})
    path, value = json_path(location), detail["input"]
    if kind == "missing" or (value is None and _is_mandatory(part, location)):
        return Missing(path, "missing", "a value; this key is mandatory")
    if kind == "rule":
        found = printable(context["found"], 200)
        type_ = InvalidName if found.startswith(_INVALID) else Violation
        return type_(path, found, context["allowed"])
    if kind == "extra_forbidden":
        return UnknownKey(path, *keys.unknown(location))
    if kind in _SIZE_LIMITS:
        return Violation(path, _size(value), _SIZE_LIMITS[kind].format_map(context))
    if kind == "enum":
        return Violation(path, shown(value), _choices(context["expected"]))
    if kind == "string_pattern_mismatch":
        return Violation(path, shown(value), NAME_RULES[context["pattern"]])
    if unit := _UNITS.get(str(location[-1]) if location else ""):
        return _with_unit(path, value, unit, kind, context)
    allowed = _ALLOWED.get(kind)
    return Violation(path, shown(value), allowed.format_map(context) if allowed else detail["msg"])


_SIZE_LIMITS: Final = {
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "too_long": "at most {max_length} entries",
}
_LIMITS: Final = {"greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}"}
_UNITS: Final = {
    "token-validity": "seconds",
    "refresh-token-validity": "seconds",
    "validity": "days",
}
_ALLOWED: Final = {
    **_LIMITS,
    "string_type": "a string",
    "string_unicode": "valid Unicode text",
    "list_type": "a list",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
"""The allowed values, by pydantic's error type."""


def _with_unit(
    path: str, value: object, unit: str, kind: str, context: Mapping[str, Any]
) -> Violation:
    if kind in _LIMITS:
        found = shown(value).strip('"')
        return Violation(
            path, _quantity(found, unit), _quantity(_LIMITS[kind].format_map(context), unit)
        )
    return Violation(path, shown(value), f"a whole number of {unit}")


def _quantity(number: str, unit: str) -> str:
    return f"{number} {unit.removesuffix('s') if number.rsplit(maxsplit=1)[-1] == '1' else unit}"


def _is_mandatory(part: type[DescriptorPart], location: tuple[int | str, ...]) -> bool:
    field = field_at(part, location)
    return field is not None and field.is_required()


def shown(value: object) -> str:
    """Describe a value without echoing long text, which could be a key pasted by mistake."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)[:MAX_ECHO]
        case str() if len(value) <= MAX_ECHO:
            return f'"{printable(value)}"'
        case str():
            return f"a string of {len(value)} characters"
        case list():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return "something else"


def _choices(expected: object) -> str:
    return str(expected).replace(" or ", ", ").replace("'", "")


def _size(value: object) -> str:
    size = len(value) if isinstance(value, str | list) else 0
    return f"{size} {'characters' if isinstance(value, str) else 'entries'}"
