"""Parsing of JSON objects into descriptor types; each violation has its JSON path."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from broker.descriptor.binding import BindingParameters
from broker.descriptor.consistency import Undefined, violations
from broker.descriptor.findings.describe import MAX_VIOLATIONS, described
from broker.descriptor.findings.keys import KeyFinder
from broker.descriptor.findings.salvage import (
    broken_paths,
    defining_list,
    hidden_definitions,
    is_inside,
    without_broken_parts,
)
from broker.descriptor.leniency import normalised, unwrapped
from broker.descriptor.limits import MAX_BINDING_VALUES, require_bounded
from broker.descriptor.model import Descriptor
from broker.descriptor.names import RESERVED_NAMES, RESERVED_PREFIXES, is_reserved
from broker.descriptor.notes.remarks import remarks
from broker.descriptor.paths import printable
from broker.descriptor.sources.wrappers import refuse_wrapper
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

SUBJECT = "Error parsing xs-security.json data"
INCONSISTENT = "Inconsistent xs-security.json"


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


def parse_with_notes(
    parameters: Mapping[str, Any], *, for_new_instance: bool = False
) -> tuple[Descriptor, list[str]]:
    """Return the descriptor, and a note for each tolerated fault.

    Raises InvalidRequest with all violations. A new instance must not have a reserved name, which
    older instances keep.
    """
    refuse_wrapper(parameters, Descriptor)
    document, notes = normalised(parameters)
    reserved = list(_reserved_name(document)) if for_new_instance else []
    try:
        descriptor = Descriptor.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False)
    else:
        if broken := [*reserved, *islice(violations(descriptor), MAX_VIOLATIONS)]:
            raise InvalidRequest(broken, subject=INCONSISTENT)
        return descriptor, [*notes, *remarks(descriptor)]
    # Raised outside the handler: the original error contains the input values.
    broken = [*reserved, *described(Descriptor, details)]
    raise InvalidRequest([*broken, *_violations_in_valid_parts(document, details)], subject=SUBJECT)


def _reserved_name(document: Mapping[str, Any]) -> Iterator[Violation]:
    name = document.get("xsappname")
    if isinstance(name, str) and is_reserved(name):
        yield Violation(
            "xsappname",
            f'"{printable(name)}" is reserved for the platform',
            f"a name other than {', '.join(RESERVED_NAMES)} that does not start with"
            f" {' or '.join(RESERVED_PREFIXES)}, in upper or lower case",
        )


def _violations_in_valid_parts(
    document: Mapping[str, Any], details: Sequence[ErrorDetails]
) -> Iterator[Violation]:
    """Yield the violations among those parts of a document that are valid by themselves."""
    locations = [detail["loc"] for detail in details]
    try:
        rest = Descriptor.model_validate(without_broken_parts(document, locations))
    except ValidationError:
        return
    paths = broken_paths(locations)
    hidden = hidden_definitions([*locations, *_misspelled(details)])
    for violation in islice(violations(rest), MAX_VIOLATIONS):
        # A part with errors may have defined the name.
        is_hidden = isinstance(violation, Undefined) and defining_list(violation.path) in hidden
        if not is_hidden and not is_inside(violation.path, paths):
            yield violation


def _misspelled(details: Sequence[ErrorDetails]) -> Iterator[tuple[str, ...]]:
    """Yield the lists that the unknown keys of a descriptor probably are."""
    keys = KeyFinder(Descriptor)
    for detail in details[:MAX_VIOLATIONS]:
        if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
            near = keys.nearest(detail["loc"])
            if near is not None:
                yield (near,)


def parse_binding_parameters(parameters: Mapping[str, Any]) -> BindingParameters:
    """Return the binding parameters; raise InvalidRequest with all violations."""
    refuse_wrapper(parameters, BindingParameters)
    document = unwrapped(parameters)
    require_bounded(document, MAX_BINDING_VALUES)
    try:
        return BindingParameters.model_validate(dict(document))
    except ValidationError as error:
        broken = described(BindingParameters, error.errors(include_url=False))
    # Raised outside the handler: the original error contains the input values.
    raise InvalidRequest(broken, subject="Error in the binding parameters")
