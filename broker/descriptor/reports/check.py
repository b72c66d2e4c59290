"""The report of ``descriptor check`` on a file, as text and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.consistency import has_default_role
from broker.descriptor.parse import parse_with_notes
from broker.errors import InvalidRequest, Violation
from broker.json_text.reader import MalformedJson, read_object

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


def check(text: str | bytes) -> Report:
    """Check the text of an ``xs-security.json`` as the broker would."""
    try:
        document = read_object(text)
    except MalformedJson as error:
        return Report([Violation("$", error.found, error.allowed)], [])
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
