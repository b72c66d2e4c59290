"""``instances``: list, show, update and delete service instances."""

from __future__ import annotations

import json
import sys
from typing import IO, TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.files import json_object, name_of
from broker.cli.operator import operator
from broker.cli.removal.deletion import delete
from broker.cli.removal.orphans import orphans, print_orphans
from broker.cli.table import format_cell
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from datetime import datetime

    from broker.instances.model import Instance
    from broker.lifecycle.inspect import Inspection
    from broker.lifecycle.update import Updated


@click.group()
def instances() -> None:
    """List, show, update and delete service instances."""


instances.add_command(delete)


@instances.command("list")
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
        click.echo(json.dumps([_line(each) for each in found], indent=2))
        return
    for line in map(_line, found):
        types = ",".join(line["credential_types"])
        needs_approval = line["plan"] == "apiaccess" and not line["approved"]
        state = "  not approved" if needs_approval else ""
        click.echo(f"{line['id']}  {line['app_id']}  {line['zone']}  {types}{state}")
    if not found:
        click.echo("There are no service instances.")


@instances.command()
@click.argument("instance_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(instance_id: str, *, as_json: bool) -> None:
    """Show one service instance, its bindings and its references."""
    from broker.composition.administration import open_administration  # noqa: PLC0415

    with report_errors():
        document = _document(open_administration(load_settings()).inspect.one(instance_id))
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


@instances.command()
@click.argument("instance_id")
@click.option(
    "-c",
    "file",
    type=click.File("rb"),
    required=True,
    help='The complete xs-security.json; "-" reads standard input.',
)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def update(instance_id: str, file: IO[bytes], *, dry_run: bool, as_json: bool) -> None:
    """Replace the xs-security.json of a service instance.

    For platforms that never send updates. The rules are those of an update by the platform: it is
    applied completely or not at all. Exits with status 1 if it is, or with --dry-run would be,
    refused.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415
    from broker.lifecycle.requests import UpdateRequest  # noqa: PLC0415

    with report_errors(name_of(file)):
        administration = open_administration(load_settings())
        parameters = json_object(file)
        instance = administration.inspect.one(instance_id).instance
        updated = administration.update(
            UpdateRequest(
                caller=operator(instance.platform),
                instance_id=instance_id,
                service_id=instance.service_id,
                plan_id=None,
                parameters=parameters,
                context={},
                dry_run=dry_run,
            )
        )
    print_update(updated, as_json=as_json)
    sys.exit(1 if updated.guarded else 0)


@instances.command("release-name")
@click.argument("app_id")
def release_name(app_id: str) -> None:
    """Release the reserved name of a deleted application.

    APP_ID is its application id, such as my-app!t1. The name is reserved for its previous space
    while tokens of the deleted application may be valid. Applications that accept those tokens
    mistake a new owner of the name for the deleted application.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415

    with report_errors():
        released = open_administration(load_settings()).release_name(operator(), app_id)
    click.echo(f"{app_id} is released." if released else f"{app_id} was not reserved.")


def print_update(updated: Updated, *, as_json: bool) -> None:
    """Print what an update changed or would change."""
    if as_json:
        document = {
            "changed": not updated.was_dry_run,
            "refused_by_guard": updated.guarded or None,
            "notes": list(updated.notes),
            "differences": [change.as_json() for change in updated.changes],
            "cut_off_bindings": [
                {
                    "id": binding.binding_id,
                    "holder": binding.holder,
                    "credential_type": binding.credential_type,
                    "last_used": _time(binding.last_used_at),
                }
                for binding in updated.cut_off
            ],
        }
        click.echo(json.dumps(document, indent=2))
        return
    for sentence in updated.sentences():
        click.echo(sentence)
    if not updated.was_dry_run:
        click.echo("The service instance was updated.")


def _line(instance: Instance) -> dict[str, Any]:
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
        **_line(inspection.instance),
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
