"""``instances list`` and ``instances show``."""

from __future__ import annotations

import json
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.instances.orphans import orphans, print_orphans
from broker.cli.table import Id, format_cell, print_table, wide_option
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from broker.instances.model import Instance
    from broker.lifecycle.inspect import Inspection


@click.command("list")
@click.option("--platform", default="", help="Only service instances of this platform.")
@click.option(
    "--orphaned-by",
    "existing",
    type=click.File("rb"),
    help="Only those that this list of the platform's service instances lacks: one GUID per line, a"
    " JSON list, or all pages of Cloud Foundry's /v3/service_instances.",
)
@click.option(
    "--allow-empty", is_flag=True, help="Accept a list that contains none of the instances."
)
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(
    existing: IO[bytes] | None, *, platform: str, allow_empty: bool, wide: bool, as_json: bool
) -> None:
    """List service instances of all platforms.

    With --orphaned-by, only those that the platform no longer has; its list must be complete.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415

    with report_errors():
        inspect = open_administration(load_settings()).inspect
        found = [each for each in inspect.all() if platform in {"", each.platform}]
        if existing is not None:
            missing = inspect.several(orphans(found, existing, allow_empty=allow_empty))
    if existing is not None:
        if as_json:
            click.echo(json.dumps([_document(each) for each in missing], indent=2))
        else:
            print_orphans(missing, wide=wide)
        return
    if as_json:
        click.echo(json.dumps([instance_line(each) for each in found], indent=2))
        return
    print_table(
        ("ID", "NAME", "APPLICATION", "ZONE", "PLATFORM", "CREDENTIAL TYPES", "CREATED", "STATE"),
        (
            (
                Id(each.instance_id),
                each.name,
                each.client.app_id,
                each.client.zone.subdomain,
                each.platform,
                ", ".join(each.client.credential_types),
                each.created_at,
                _state(each),
            )
            for each in found
        ),
        empty="There are no service instances.",
        is_complete=wide,
        wide_only=("PLATFORM", "CREATED", *([] if any(map(_state, found)) else ["STATE"])),
    )


def _state(instance: Instance) -> str:
    needs_approval = instance.plan is Plan.APIACCESS and not instance.is_approved
    return "not approved" if needs_approval else ""


@click.command()
@click.argument("instance")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(instance: str, *, as_json: bool) -> None:
    """Show one service instance, its bindings and its references.

    INSTANCE is its id or its name.
    """
    from broker.cli.platform.names import inspected  # noqa: PLC0415
    from broker.composition.administration import open_administration  # noqa: PLC0415

    with report_errors():
        inspect = open_administration(load_settings()).inspect
        document = _document(inspected(inspect, instance))
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    for key, value in document.items():
        if not isinstance(value, list):
            shown = _text_time(value) if key.endswith("_at") else value
            click.echo(f"{key.replace('_', '-') + ':':18}{format_cell(shown)}")
    click.echo(f"{'credential-types:':18}{', '.join(document['credential_types'])}")
    for binding in document["bindings"]:
        used = f"{binding['credential_type']}, last used {_text_time(binding['last_used_at'])}"
        click.echo(f"{'binding:':18}{binding['id']} ({used})")
    for reference in document["references"]:
        target = reference["application"] or "unresolved"
        click.echo(f"{'reference:':18}{reference['text']} -> {target}")


def instance_line(instance: Instance) -> dict[str, Any]:
    """Return the service instance as a JSON object, without bindings and references."""
    return {
        "id": instance.instance_id,
        "name": instance.name,
        "plan": instance.plan,
        "app_id": instance.client.app_id,
        "zone": instance.client.zone.subdomain,
        "platform": instance.platform,
        "space": instance.space_guid,
        "credential_types": list(instance.client.credential_types),
        "approved_at": instance.approved_at and instance.approved_at.isoformat(),
        "created_at": instance.created_at.isoformat(),
        "updated_at": instance.updated_at.isoformat(),
    }


def _document(inspection: Inspection) -> dict[str, Any]:
    used = inspection.last_uses
    organization, space = inspection.instance.location
    return {
        **instance_line(inspection.instance),
        "organization": organization,
        "space_name": space,
        "last_used_at": _time(inspection.last_used_at),
        "bindings": [
            {
                "id": each.binding_id,
                "credential_type": each.credential_type,
                "app_guid": each.app_guid,
                "last_used_at": _time(used.get(each.binding_id)),
            }
            for each in inspection.bindings
        ],
        "references": [
            {
                "usage": each.reference.usage,
                "text": str(each.reference),
                "application": each.target_app_id,
            }
            for each in inspection.references
        ],
    }


def _text_time(text: str | None) -> str:
    return format_cell(None if text is None else datetime.fromisoformat(text))


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
