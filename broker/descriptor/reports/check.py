"""The findings of ``descriptor check`` about one descriptor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.apiaccess import parse_apiaccess
from broker.descriptor.consistency import has_default_role
from broker.descriptor.parse import parse_with_notes
from broker.descriptor.reports.redirect_uris import report_on
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def check_document(
    document: Mapping[str, Any], redirect_uri: str | None = None, *, for_apiaccess: bool = False
) -> Report:
    """Check an ``xs-security.json`` as the broker would for a new service instance.

    ``redirect_uri`` is the URI of a login that its ``redirect-uris`` are searched for.
    ``for_apiaccess``: for plan apiaccess instead of plan application.
    """
    try:
        if for_apiaccess:
            return Report([], parse_apiaccess(document, "", for_new_instance=True)[1])
        descriptor, notes = parse_with_notes(document, for_new_instance=True)
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
