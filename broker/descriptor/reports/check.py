"""The report of ``descriptor check`` on a file, as text and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.consistency import has_default_role
from broker.descriptor.parse import parse_with_notes
from broker.descriptor.reports.redirect_uris import report_on
from broker.errors import InvalidRequest, Violation
from broker.json_text.reader import MalformedJson, read_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.descriptor.model import Descriptor
    from broker.descriptor.reports.redirect_uris import RedirectReport


@dataclass(frozen=True, slots=True)
class Report:
    """The findings about one descriptor: errors make it invalid, notes do not.

    ``redirect`` is the report on a requested redirect URI, if one was given for a valid descriptor.
    """

    errors: Sequence[Violation]
    notes: Sequence[str]
    redirect: RedirectReport | None = None

    @property
    def is_valid(self) -> bool:
        """Whether the broker would accept the descriptor."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """Return the findings as a JSON object."""
        errors = [error.as_json() for error in self.errors]
        report = {"valid": self.is_valid, "errors": errors, "notes": list(self.notes)}
        return report | ({"redirect-uri": self.redirect.as_json()} if self.redirect else {})


def check(text: str | bytes, redirect_uri: str | None = None) -> Report:
    """Check the text of an ``xs-security.json`` as the broker would.

    ``redirect_uri`` is the URI of a login that its ``redirect-uris`` are searched for.
    """
    try:
        document = read_object(text)
    except MalformedJson as error:
        return Report([Violation("$", error.found, error.allowed)], [])
    try:
        descriptor, notes = parse_with_notes(document)
    except InvalidRequest as error:
        return Report(error.violations, [])
    redirect = None
    if redirect_uri is not None:
        redirect = report_on(redirect_uri, descriptor.oauth2_configuration.redirect_uris)
    return Report([], [*notes, *_advice(descriptor)], redirect)


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
