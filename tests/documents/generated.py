"""The pages that are generated, each with the function that returns its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.descriptor.reports.reference_page import reference_page
from tests.contract import page as conformance_page
from tests.documents import commands_page, errors_page, metrics_page, settings_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GENERATED: Final[Mapping[str, Callable[[], str]]] = {
    "docs/settings.md": settings_page.render,
    "docs/commands.md": commands_page.render,
    "docs/errors.md": errors_page.render,
    "docs/metrics.md": metrics_page.render,
    "docs/xs-security.md": reference_page,
    "docs/conformance.md": conformance_page.render,
}
