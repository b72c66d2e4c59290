"""The instance of a page, whose path does not name the zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.confirm import require_confirmed
from broker.lifecycle.overview.model import BindingPage

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.lifecycle.overview.model import Overview

ONE: Final = "/console/instances/<instance_id>"
BINDING: Final = f"{ONE}/binding"
SECRET: Final = f"{ONE}/secret"
PREVIOUS: Final = f"{ONE}/previous-secret"
UPDATE: Final = f"{ONE}/update"
APPLY: Final = f"{UPDATE}/apply"
NOTHING: Final = BindingPage(limit=0, days=0)
"""No binding: for pages about the instance alone."""

API: Final = "/credentials/v1/instances"


def visible_zone(asked: ConsoleRequest) -> str | None:
    """Return the GUID of the zone whose instances the user sees, None for the operator."""
    return None if asked.is_operator else asked.user.zone.guid


def overview(services: Services, asked: ConsoleRequest, page: BindingPage) -> Overview:
    """Return the instance that the path names; raise InstanceNotFound."""
    return services.overviews.one(visible_zone(asked), asked.path["instance_id"], page)


def is_overlapping(found: Overview) -> bool:
    """Return whether the secret from before a rotation is still accepted."""
    secret = found.held.secret
    until = secret.previous_until if secret else None
    return until is not None and found.at < until


def path_of(rule: str, instance_id: str) -> str:
    """Return the path of a page of the instance."""
    return rule.replace("<instance_id>", instance_id)


def require_name(services: Services, asked: ConsoleRequest) -> None:
    """Require name or id of the instance; raise InstanceNotFound for one that is out of reach."""
    instance = overview(services, asked, NOTHING).instance
    require_confirmed(asked, *filter(None, (instance.name, instance.instance_id)))
