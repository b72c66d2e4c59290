"""What an update would break: other credential types, or a pasted descriptor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from broker.compact_json import compact_json
from broker.console.instances.find import (
    API,
    APPLY,
    NOTHING,
    ONE,
    UPDATE,
    overview,
    path_of,
    visible_zone,
)
from broker.console.page import Page
from broker.console.rights import READ_ROLES
from broker.console.shell import command
from broker.console.tables import Code, Column, Link, Table, When
from broker.console.view import Twin, View
from broker.descriptor.model import CredentialType
from broker.errors import ForbiddenChange, InvalidRequest
from broker.json_text.reader import MalformedJson, read_object
from broker.lifecycle.overview.next_step import update_commands
from broker.lifecycle.requests import UpdateRequest
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell, Listing
    from broker.instances.model import Instance
    from broker.lifecycle.overview.cut_off import CutOff
    from broker.lifecycle.overview.model import Preview
    from broker.lifecycle.update import Updated

MAX_DESCRIPTOR: Final = 60_000
"""Characters of a pasted descriptor."""

MAX_ROWS: Final = 500
"""Bindings that the result of a form lists."""


def choose(services: Services, asked: ConsoleRequest) -> View:
    """Show what an update to the chosen types would break; without a choice, the form."""
    types = chosen_types(asked)
    if not types:
        return update_page(asked, overview(services, asked, NOTHING).instance)
    zone, instance_id = visible_zone(asked), asked.path["instance_id"]
    preview = services.overviews.preview(zone, instance_id, types)
    return update_page(asked, preview.instance, types, preview=preview)


def rehearse(services: Services, asked: ConsoleRequest) -> View:
    """Show what an update to the pasted descriptor would change; nothing is changed."""
    instance, parameters = overview(services, asked, NOTHING).instance, pasted(asked)
    updated, refusal = None, ""
    try:
        updated = services.update(update_request(asked, instance, parameters, dry_run=True))
    except (InvalidRequest, ForbiddenChange) as error:
        refusal = str(error)
    return update_page(asked, instance, updated=updated, refusal=refusal)


def pasted(asked: ConsoleRequest) -> Mapping[str, Any]:
    """Return the descriptor in the form; raise InvalidRequest."""
    try:
        return read_object(asked.form.get("descriptor", ""))
    except MalformedJson as error:
        raise InvalidRequest.at("xs-security.json", error.found, error.allowed) from None


def update_request(
    asked: ConsoleRequest, instance: Instance, parameters: Mapping[str, Any], *, dry_run: bool
) -> UpdateRequest:
    """Return the update of the instance, whatever its platform, to this descriptor."""
    return UpdateRequest(
        caller=replace(asked.actor, platform=instance.platform),
        instance_id=instance.instance_id,
        service_id=instance.service_id,
        plan_id=None,
        parameters=parameters,
        context={},
        dry_run=dry_run,
    )


def update_page(  # noqa: PLR0913 - what either form found
    asked: ConsoleRequest,
    instance: Instance,
    types: Sequence[CredentialType] = (),
    *,
    preview: Preview | None = None,
    updated: Updated | None = None,
    refusal: str = "",
) -> View:
    """Return the page of either form, with the result if there is one."""
    listed = instance.client.credential_types
    lost: Sequence[CutOff] = ()
    guarded = ""
    for each in (preview, updated):
        if each is not None:
            lost, guarded = each.cut_off, each.guarded
    path = f"{API}/{instance.instance_id}?types={','.join(types) or 'binding-secret'}"
    dry_run = "instances", "update", instance.instance_id, "-c", "xs-security.json", "--dry-run"
    return View(
        template="instances/update",
        zone=instance.client.zone,
        twins=(Twin(f"GET {path}", command(*dry_run)),),
        table=_table(lost, instance, asked.listing, is_paged=updated is None)
        if preview or updated
        else None,
        model={
            "instance": instance,
            "back": path_of(ONE, instance.instance_id),
            "form": path_of(UPDATE, instance.instance_id),
            "apply": path_of(APPLY, instance.instance_id),
            "is_possible": bool(preview or updated) and not guarded,
            "known": tuple(CredentialType),
            "types": types or listed,
            "preview": preview,
            "updated": updated,
            "refusal": refusal,
            "lost": len(lost),
            "guarded": guarded,
            "descriptor": asked.form.get("descriptor", ""),
            "snippet": _snippet(preview.types) if preview else "",
            "commands": update_commands(instance),
            "max_length": MAX_DESCRIPTOR,
        },
    )


def chosen_types(asked: ConsoleRequest) -> list[CredentialType]:
    """Return the chosen types, the default first; an unknown default is ignored."""
    chosen = [each for each in CredentialType if asked.query.get(each) == "on"]
    default = asked.query.get("default", "")
    return sorted(chosen, key=lambda each: each != default)


def _snippet(types: Sequence[str]) -> str:
    return compact_json({"oauth2-configuration": {"credential-types": list(types)}}).decode()


def _table(
    lost: Sequence[CutOff], instance: Instance, listing: Listing, *, is_paged: bool
) -> Table:
    """Return the bindings that lose their credential, those used last first.

    The result of a form has no further pages, but more rows.
    """
    first, number = (listing.skip, listing.limit) if is_paged else (0, MAX_ROWS)
    shown = sorted(lost, key=_recent_first)[first : first + number]
    return Table(
        caption="instances.lost",
        columns=(
            Column("instances.binding"),
            Column("instances.type"),
            Column("instances.used"),
        ),
        rows=[_row(each, instance) for each in shown],
        listing=listing,
        empty=Message("instances.nothing_lost"),
        is_paged=is_paged,
    )


def _recent_first(each: CutOff) -> tuple[bool, float]:
    used = each.last_used_at
    return (used is None, -used.timestamp() if used else 0)


def _row(each: CutOff, instance: Instance) -> tuple[Cell, ...]:
    path = path_of(f"{ONE}/binding", instance.instance_id)
    return (
        Link(each.binding_id, detail=each.holder, path=path, query={"binding": each.binding_id}),
        Code(each.credential_type),
        When(each.last_used_at),
    )


PAGES: Final = (
    Page(
        path=UPDATE,
        name="instances.update",
        right=READ_ROLES,
        handler=choose,
    ),
    Page(
        method="POST",
        path=UPDATE,
        name="instances.rehearse",
        right=READ_ROLES,
        handler=rehearse,
        max_field=MAX_DESCRIPTOR,
    ),
)
