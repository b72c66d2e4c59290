"""The approval of an application for administration scopes (D-57), by the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.instances.find import ONE, path_of
from broker.console.overview.lists import APPROVAL
from broker.console.page import Page
from broker.console.rights import OPERATOR, READ_ROLES
from broker.console.shell import command
from broker.console.view import Done, Twin, View

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services

EXPECTED: Final = "expected"
"""The field with the scopes that the operator looked at, separated by spaces."""


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show which administration scopes an application requests, and which are approved."""
    found = services.approvals.one(asked.zone_guid, asked.query["applicant"])
    words = "applications", "approve", found.app_id, "--zone", found.zone
    expected = ",".join(found.requested)
    return View(
        template="overview/approval",
        subject=found.app_id,
        twins=(Twin(command=command(*words, "--expect", expected)),) if found.missing else (),
        model={
            "found": found,
            "expected": " ".join(found.requested),
            "instance": path_of(ONE, found.instance_id),
            "back": _back(asked),
        },
    )


def approve(services: Services, asked: ConsoleRequest) -> Done:
    """Approve exactly the scopes that the page showed."""
    name, expected = asked.query["applicant"], asked.form.get(EXPECTED, "").split()
    services.approvals.approve(asked.actor, asked.zone_guid, name, expected)
    return Done(_back(asked), "done.application_approved")


def _back(asked: ConsoleRequest) -> str:
    path = APPROVAL.replace("<zone>", asked.zone_guid)
    return path.removesuffix("/one")


PAGES: Final = (
    Page(
        path=APPROVAL,
        name="overview.approval",
        right=READ_ROLES,
        handler=show,
        query=("applicant",),
    ),
    Page(
        method="POST",
        path=APPROVAL,
        name="overview.approve",
        right=OPERATOR,
        handler=approve,
        query=("applicant",),
        needs_fresh_logon=True,
    ),
)
