"""The report of ``descriptor check`` on a file, as text and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.consistency import has_default_role
from broker.descriptor.parse import parse_with_notes
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.descriptor.model import Descriptor


@dataclass(frozen=True, slots=True)
class Report:
    """The findings about one descriptor: errors make it invalid, notes do not."""

    errors: Sequence[Violation]
    notes: Sequence[str]

    @property
    def is_valid(self) -> bool:
        """Whether the broker would accept the descriptor."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """Return the findings as a JSON object."""
        errors = [error.as_json() for error in self.errors]
        return {"valid": self.is_valid, "errors": errors, "notes": list(self.notes)}


def check(text: str) -> Report:
    """Check the text of an ``xs-security.json`` as the broker would."""
    try:
        document = json.loads(text)
    except RecursionError:
        return Report([Violation("$", "nested too deeply", "a JSON object")], [])
    except ValueError as error:
        return Report([Violation("$", f"not valid JSON ({error})", "a JSON object")], [])
    if not isinstance(document, dict):
        return Report([Violation("$", "not an object", "a JSON object")], [])
    try:
        descriptor, notes = parse_with_notes(document)
    except InvalidRequest as error:
        return Report(error.violations, [])
    return Report([], [*notes, *_advice(descriptor)])


def _advice(descriptor: Descriptor) -> list[str]:
    advice = []
    if descriptor.credential_types is None:
        advice.append(
            "oauth2-configuration.credential-types is not set: a new instance gets the operator's"
            ' default. ["binding-secret"] gives every binding its own secret.'
        )
    advice += [
        f'role-templates: "{template.name}" gets no default role: it requires attributes without'
        " default-values."
        for template in descriptor.role_templates
        if not has_default_role(descriptor, template)
    ]
    return advice
