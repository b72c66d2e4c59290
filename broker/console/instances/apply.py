"""The operator's button that applies an update whose effects were shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.instances.find import APPLY, NOTHING, ONE, overview, path_of, require_name
from broker.console.instances.update import (
    MAX_DESCRIPTOR,
    choose,
    chosen_types,
    pasted,
    rehearse,
    update_page,
    update_request,
)
from broker.console.page import Page
from broker.console.rights import OPERATOR
from broker.console.view import Done
from broker.errors import InvalidRequest
from broker.lifecycle.requested import with_credential_types

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.view import View


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show the effects again, after an error or a logon."""
    if asked.form.get("descriptor"):
        try:
            return rehearse(services, asked)
        except InvalidRequest:
            pass  # is no descriptor at all
    return choose(services, asked)


def apply(services: Services, asked: ConsoleRequest) -> View | Done:
    """Update the instance to the pasted descriptor, or its own to the chosen types."""
    require_name(services, asked)
    instance, types = overview(services, asked, NOTHING).instance, chosen_types(asked)
    if asked.form.get("descriptor") or not types:
        parameters = pasted(asked)
    else:
        parameters = with_credential_types(instance, types)
    updated = services.update(update_request(asked, instance, parameters, dry_run=False))
    if updated.was_dry_run:  # requested by the descriptor itself
        return update_page(asked, instance, updated=updated)
    return Done(path_of(ONE, instance.instance_id), "done.instance_updated")


PAGES: Final = (
    Page(path=APPLY, name="instances.apply", right=OPERATOR, handler=show),
    Page(
        method="POST",
        path=APPLY,
        name="instances.apply_update",
        right=OPERATOR,
        handler=apply,
        needs_fresh_logon=True,
        max_field=MAX_DESCRIPTOR,
    ),
)
