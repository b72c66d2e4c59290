"""``instances delete``: delete a service instance without a request of its platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import format_cell, print_table

if TYPE_CHECKING:
    from broker.lifecycle.inspect import Inspection


@click.command()
@click.argument("instance")
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def delete(instance: str, *, dry_run: bool, yes: bool) -> None:
    """Delete a service instance with its bindings.

    INSTANCE is its id or name. For service instances without a platform, and for those that the
    platform no longer has, for example after cf purge-service-instance. The rules are those of a
    deletion by the platform: all credentials are refused at once, and the name of the application
    is reserved for its space.
    """
    from broker.cli.platform.names import inspected  # noqa: PLC0415
    from broker.composition.administration import open_administration  # noqa: PLC0415
    from broker.lifecycle.requests import DeleteRequest  # noqa: PLC0415

    with report_errors():
        administration = open_administration(load_settings())
        inspection = inspected(administration.inspect, instance)
        found = inspection.instance
        _print_deletion(inspection)
        if dry_run:
            click.echo("Dry run: nothing was deleted.")
            return
        if not yes:
            click.confirm("Delete the service instance and all its bindings?", abort=True)
        administration.deprovision(
            DeleteRequest(
                operator(found.platform), found.instance_id, found.service_id, found.plan_id
            )
        )
    click.echo("The service instance was deleted.")


def _print_deletion(inspection: Inspection) -> None:
    instance = inspection.instance
    organization, space = instance.location
    for key, value in {
        "service instance": instance.instance_id,
        "name": instance.name,
        "application": instance.client.app_id,
        "platform": instance.platform,
        "organization": organization,
        "space": space,
        "last used": inspection.last_used_at,
    }.items():
        click.echo(f"{key + ':':18}{format_cell(value)}")
    print_table(
        ("BINDING", "TYPE", "LAST USED", "APPLICATION"),
        (
            (
                each.binding_id,
                each.credential_type,
                inspection.last_uses.get(each.binding_id),
                each.app_guid,
            )
            for each in inspection.bindings
        ),
        empty="It has no bindings.",
        is_complete=True,
    )
