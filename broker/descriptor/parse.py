"""Parsing of JSON objects into descriptor types; each violation has its JSON path."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from broker.descriptor.binding import BindingParameters
from broker.descriptor.consistency import Undefined, violations
from broker.descriptor.leniency import normalised, unwrapped
from broker.descriptor.limits import MAX_BINDING_VALUES, require_bounded
from broker.descriptor.model import Descriptor, DescriptorPart
from broker.descriptor.notes.remarks import remarks
from broker.descriptor.paths import MAX_ECHO, json_path, printable
from broker.descriptor.salvage import without_broken_parts
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

SUBJECT = "Error parsing xs-security.json data"

MAX_VIOLATIONS = 500
"""Violations that are described; suggestions for misspelled keys take time."""

Part = TypeVar("Part", bound=DescriptorPart)


def parse_descriptor(parameters: Mapping[str, Any]) -> Descriptor:
    """Return the descriptor in ``parameters``; raise InvalidRequest with all violations."""
    return parse_with_notes(parameters)[0]


def readable_descriptor(parameters: object) -> Descriptor | None:
    """Return a stored descriptor; None if there is none or this version cannot read it.

    An update replaces a stored descriptor that only an older version accepted.
    """
    if not isinstance(parameters, dict):
        return None
    try:
        return parse_descriptor(parameters)
    except InvalidRequest:
        return None


def parse_with_notes(parameters: Mapping[str, Any]) -> tuple[Descriptor, list[str]]:
    """Return the descriptor, and a note for each tolerated fault."""
    document, notes = normalised(parameters)
    try:
        descriptor = Descriptor.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False)
    else:
        if broken := list(islice(violations(descriptor), MAX_VIOLATIONS)):
            raise InvalidRequest(broken, subject=f"{SUBJECT}: Inconsistent xs-security.json")
        return descriptor, [*notes, *remarks(descriptor)]
    # Raised outside the handler: the original error contains the input values.
    broken = _described(Descriptor, details)
    locations = [detail["loc"] for detail in details]
    raise InvalidRequest(
        [*broken, *_violations_in_valid_parts(document, locations)], subject=SUBJECT
    )


def _violations_in_valid_parts(
    document: Mapping[str, Any], broken: Iterable[tuple[int | str, ...]]
) -> Iterator[Violation]:
    """Yield the violations among those parts of a document that are valid by themselves."""
    try:
        rest = Descriptor.model_validate(without_broken_parts(document, broken))
    except ValidationError:
        return
    for violation in islice(violations(rest), MAX_VIOLATIONS):
        # A part with errors may have defined the name.
        if not isinstance(violation, Undefined):
            yield violation


def parse_binding_parameters(parameters: Mapping[str, Any]) -> BindingParameters:
    """Return the binding parameters; raise InvalidRequest with all violations."""
    document = unwrapped(parameters)
    require_bounded(document, MAX_BINDING_VALUES)
    return _parse(BindingParameters, document, "Error in the binding parameters")


def _parse(part: type[Part], document: Mapping[str, Any], subject: str) -> Part:
    try:
        return part.model_validate(dict(document))
    except ValidationError as error:
        broken = _described(part, error.errors(include_url=False))
    # Raised outside the handler: the original error contains the input values.
    raise InvalidRequest(broken, subject=subject)


def _described(part: type[DescriptorPart], details: list[ErrorDetails]) -> list[Violation]:
    """Return the violations, those beyond the limit as one."""
    broken = [_violation(part, detail) for detail in details[:MAX_VIOLATIONS]]
    if more := len(details) - len(broken):
        broken.append(Violation("$", f"{more} further errors", "a valid document"))
    return broken


def _violation(part: type[DescriptorPart], detail: ErrorDetails) -> Violation:
    kind, location, context = detail["type"], detail["loc"], detail.get("ctx", {})
    path, found = json_path(location), _shown(detail["input"])
    if kind == "rule":
        return Violation(path, printable(context["found"], 200), context["allowed"])
    if kind == "missing":
        return Violation(path, "Must not be <null>", "a value; this key is mandatory")
    if kind == "extra_forbidden":
        known = _known_keys(part, location[:-1])
        near = _suggestion(str(location[-1]), known)
        return Violation(path, f"unknown key{near}", ", ".join(known))
    if kind in _SIZE_LIMITS:
        return Violation(path, _size(detail["input"]), _SIZE_LIMITS[kind].format_map(context))
    if kind == "enum":
        return Violation(path, found, _choices(context["expected"]))
    allowed = _ALLOWED.get(kind)
    return Violation(path, found, allowed.format_map(context) if allowed else detail["msg"])


_SIZE_LIMITS = {
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} characters",
    "too_long": "at most {max_length} entries",
}
_ALLOWED = {
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "string_pattern_mismatch": "text of the form {pattern}",
    "string_type": "a string",
    "string_unicode": "valid Unicode text",
    "list_type": "a list",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
"""The allowed values, by pydantic's error type."""


def _shown(value: object) -> str:
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


def _known_keys(part: type[DescriptorPart], location: tuple[int | str, ...]) -> list[str]:
    """Return the allowed keys of the object at ``location``."""
    for step in location:
        if isinstance(step, int):
            continue
        field = next(f for f in part.model_fields.values() if f.alias == step)
        part = _model_inside(field.annotation) or part
    return [str(field.alias) for field in part.model_fields.values()]


def _model_inside(annotation: Any) -> type[DescriptorPart] | None:
    if isinstance(annotation, type) and issubclass(annotation, DescriptorPart):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_inside(argument):
            return found
    return None


def _suggestion(key: str, known: list[str]) -> str:
    near = get_close_matches(key.strip(), known, n=1)
    return f', did you mean "{near[0]}"?' if near else ""
