"""The pages that revoke and rotate credentials, each with what stops working."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from broker.console.confirm import require_confirmed
from broker.console.instances.find import (
    API,
    BINDING,
    NOTHING,
    ONE,
    PREVIOUS,
    SECRET,
    is_overlapping,
    overview,
    path_of,
    require_name,
    visible_zone,
)
from broker.console.instances.pages import DAYS, STATES, numbers_of
from broker.console.page import Page
from broker.console.rights import READ_ROLES, WRITE_ROLES
from broker.console.shell import command
from broker.console.view import Done, Twin, View
from broker.credentials.registry import is_shared
from broker.errors import BindingNotFound, InvalidRequest
from broker.instances.model import BindingSummary
from broker.lifecycle.issuing.instance_secret import INSTANCE_SECRET
from broker.lifecycle.overview.model import BindingPage
from broker.lifecycle.overview.next_step import after_revocation, after_rotation, successor

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.lifecycle.overview.model import Overview

OVERLAPS: Final = {
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "1d": timedelta(days=1),
    "1h": timedelta(hours=1),
    "0": timedelta(),
}
"""The choices of an overlap as the command line writes them, the default first."""


def show_binding(services: Services, asked: ConsoleRequest) -> View:
    """Show a binding: what stops working without it, and how its user gets another one."""
    binding_id = asked.query["binding"]
    found = overview(services, asked, BindingPage(exact=binding_id, days=DAYS))
    if not found.held.bindings:
        raise BindingNotFound
    [binding] = found.held.bindings
    instance = found.instance
    summary = BindingSummary(binding.binding_id, binding.type, binding.app_guid)
    path, use = f"{API}/{instance.instance_id}", found.use_of(binding)
    return View(
        template="instances/binding",
        title=binding.binding_id,
        zone=instance.client.zone,
        twins=(
            Twin(
                f"POST {path}/bindings/{binding.binding_id}/revoke",
                command("credentials", "revoke", instance.instance_id, binding.binding_id),
            ),
        ),
        model={
            "instance": instance,
            "binding": binding,
            "use": use,
            "days": numbers_of(use, found.at.date()),
            "state": STATES[found.state_of(binding)],
            "is_shared": is_shared(binding.type),
            "successor": successor(instance, summary),
            "afterwards": after_revocation(instance, summary),
            "back": path_of(ONE, instance.instance_id),
            "secret": path_of(SECRET, instance.instance_id),
            "counts": [
                ("instances.uses_total", use.accepted if use else 0),
                ("instances.uses_lately", sum(each.accepted for each in use.days) if use else 0),
            ],
        },
    )


def revoke(services: Services, asked: ConsoleRequest) -> Done:
    """Revoke the credential of the binding."""
    instance_id, binding_id = asked.path["instance_id"], asked.query["binding"]
    overview(services, asked, NOTHING)
    require_confirmed(asked, binding_id)
    services.change_credentials.revoke(asked.actor, visible_zone(asked), instance_id, binding_id)
    return Done(path_of(ONE, instance_id), "done.credential_revoked")


def show_secret(services: Services, asked: ConsoleRequest) -> View:
    """Show what depends on the instance secret, before it is rotated."""
    return _secret_page(services, asked, "instances/secret")


def rotate(services: Services, asked: ConsoleRequest) -> Done:
    """Rotate the instance secret."""
    instance_id, chosen = asked.path["instance_id"], asked.form.get("overlap", "")
    require_name(services, asked)
    if chosen not in OVERLAPS:
        raise InvalidRequest.at("overlap", "another value", ", ".join(OVERLAPS))
    zone, overlap = visible_zone(asked), OVERLAPS[chosen]
    services.change_credentials.rotate(asked.actor, zone, instance_id, overlap)
    return Done(path_of(ONE, instance_id), "done.secret_rotated")


def show_previous(services: Services, asked: ConsoleRequest) -> View:
    """Show what depends on the secret from before a rotation."""
    return _secret_page(services, asked, "instances/previous")


def revoke_previous(services: Services, asked: ConsoleRequest) -> Done:
    """End the overlap of a rotation."""
    instance_id = asked.path["instance_id"]
    require_name(services, asked)
    services.change_credentials.revoke_previous(asked.actor, visible_zone(asked), instance_id)
    return Done(path_of(ONE, instance_id), "done.previous_secret_revoked")


def _secret_page(services: Services, asked: ConsoleRequest, template: str) -> View:
    found = overview(services, asked, BindingPage(type=INSTANCE_SECRET, limit=0, days=DAYS))
    instance, secret = found.instance, found.held.secret
    is_rotation = template == "instances/secret"
    path, instance_id = f"{API}/{instance.instance_id}", instance.instance_id
    if is_rotation:
        twin = Twin(
            f"POST {path}/rotate", command("secrets", "rotate", instance_id, "--overlap", "7d")
        )
    else:
        twin = Twin(
            f"POST {path}/revoke-previous", command("secrets", "revoke", instance_id, "--previous")
        )
    return View(
        template=template,
        zone=instance.client.zone,
        twins=(twin,),
        model={
            "instance": instance,
            "secret": secret,
            "is_listed": INSTANCE_SECRET in found.listed,
            "is_overlapping": is_overlapping(found),
            "days": numbers_of(secret, found.at.date()),
            "overlaps": OVERLAPS,
            "overlap": asked.form.get("overlap", ""),
            "afterwards": after_rotation(instance),
            "back": path_of(ONE, instance_id),
            "previous": path_of(PREVIOUS, instance_id),
            "counts": _counts(found),
        },
    )


def _counts(found: Overview) -> list[tuple[str, int]]:
    shared = [each for each in found.held.types if is_shared(each.type)]
    apps = sum(each.apps for each in shared)
    return [
        ("instances.apps", apps),
        ("instances.keys", sum(each.bindings for each in shared) - apps),
    ]


PAGES: Final = (
    Page(
        path=BINDING,
        name="instances.binding",
        right=READ_ROLES,
        handler=show_binding,
        query=("binding",),
    ),
    Page(
        method="POST",
        path=BINDING,
        name="instances.revoke",
        right=WRITE_ROLES,
        handler=revoke,
        query=("binding",),
        needs_fresh_logon=True,
    ),
    Page(path=SECRET, name="instances.secret", right=READ_ROLES, handler=show_secret),
    Page(
        method="POST",
        path=SECRET,
        name="instances.rotate",
        right=WRITE_ROLES,
        handler=rotate,
        needs_fresh_logon=True,
    ),
    Page(path=PREVIOUS, name="instances.previous", right=READ_ROLES, handler=show_previous),
    Page(
        method="POST",
        path=PREVIOUS,
        name="instances.revoke_previous",
        right=WRITE_ROLES,
        handler=revoke_previous,
        needs_fresh_logon=True,
    ),
)
