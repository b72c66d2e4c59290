"""``instances list`` and ``instances show``."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.instances.orphans import orphans, print_orphans
from broker.cli.table import format_cell

if TYPE_CHECKING:
    from datetime import datetime

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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(existing: IO[bytes] | None, *, platform: str, allow_empty: bool, as_json: bool) -> None:
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
            print_orphans(missing)
        return
    if as_json:
        click.echo(json.dumps([instance_line(each) for each in found], indent=2))
        return
    for line in map(instance_line, found):
        types = ",".join(line["credential_types"])
        needs_approval = line["plan"] == "apiaccess" and not line["approved"]
        state = "  not approved" if needs_approval else ""
        click.echo(f"{line['id']}  {line['app_id']}  {line['zone']}  {types}{state}")
    if not found:
        click.echo("There are no service instances.")


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
            click.echo(f"{key.replace('_', '-') + ':':18}{format_cell(value)}")
    click.echo(f"{'credential-types:':18}{', '.join(document['credential_types'])}")
    for binding in document["bindings"]:
        used = f"{binding['credential_type']}, last used {binding['last_used'] or '-'}"
        click.echo(f"{'binding:':18}{binding['id']} ({used})")
    for reference in document["references"]:
        target = reference["application"] or "unresolved"
        click.echo(f"{'reference:':18}{reference['text']} -> {target}")


def instance_line(instance: Instance) -> dict[str, Any]:
    """Return the service instance as a JSON object, without bindings and references."""
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
        "approved": instance.approved_at and instance.approved_at.isoformat(),
        "created": instance.created_at.isoformat(),
        "updated": instance.updated_at.isoformat(),
    }


def _document(inspection: Inspection) -> dict[str, Any]:
    used = inspection.last_uses
    organization, space = inspection.instance.location
    return {
        **instance_line(inspection.instance),
        "organization": organization,
        "space_name": space,
        "last_used": _time(inspection.last_used_at),
        "bindings": [
            {
                "id": each.binding_id,
                "credential_type": each.credential_type,
                "app_guid": each.app_guid,
                "last_used": _time(used.get(each.binding_id)),
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


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
