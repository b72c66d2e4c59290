"""``instances update``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.instances.requested import requested, resource_option
from broker.cli.operator import operator
from broker.cli.platform.parameters import TextOrFile

if TYPE_CHECKING:
    from datetime import datetime

    from broker.cli.platform.parameters import Given
    from broker.lifecycle.update import Updated


@click.command()
@click.argument("instance")
@click.option(
    "-c",
    "given",
    type=TextOrFile(),
    required=True,
    help='The complete xs-security.json, an mta.yaml, or JSON as text; "-" reads standard input.',
)
@resource_option
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def update(instance: str, given: Given, resource: str, *, dry_run: bool, as_json: bool) -> None:
    """Replace the xs-security.json of a service instance.

    INSTANCE is its id or name. For service instances without a platform, and for platforms that
    never send updates. The rules are those of an update by the platform: it is applied completely
    or not at all. Exits with status 1 if it is, or with --dry-run would be, refused.
    """
    from broker.cli.platform.names import inspected  # noqa: PLC0415
    from broker.composition.administration import open_administration  # noqa: PLC0415
    from broker.lifecycle.requests import UpdateRequest  # noqa: PLC0415

    with report_errors(given.name):
        # A malformed file is reported before anything else.
        requested(given, resource, {"org": "", "space": ""})
        administration = open_administration(load_settings())
        found = inspected(administration.inspect, instance).instance
        organization, space = found.location
        places = {"org": organization or "", "space": space or ""}
        updated = administration.update(
            UpdateRequest(
                caller=operator(found.platform),
                instance_id=found.instance_id,
                service_id=found.service_id,
                plan_id=None,
                parameters=requested(given, resource, places).parameters,
                context={},
                dry_run=dry_run,
            )
        )
    print_update(updated, as_json=as_json)
    sys.exit(1 if updated.guarded else 0)


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
                    "last_used_at": _time(binding.last_used_at),
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


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
