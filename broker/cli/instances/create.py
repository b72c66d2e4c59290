"""``instances create``: a service instance without a platform."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.instances.listing import instance_line
from broker.cli.instances.requested import requested, resource_option
from broker.cli.platform.names import Name
from broker.cli.platform.parameters import TextOrFile
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from broker.cli.platform.parameters import Given

ORGANIZATION = "my-org"
SPACE = "my-space"


@click.command()
@click.argument("name", type=Name())
@click.option(
    "-c",
    "given",
    type=TextOrFile(),
    help="An xs-security.json, an mta.yaml, or JSON as text; by default, the xsappname is made from"
    " the name.",
)
@click.option(
    "--plan",
    type=click.Choice([plan.value for plan in Plan]),
    help="Service plan; default: that of mta.yaml, else application.",
)
@resource_option
@click.option(
    "--organization",
    default=ORGANIZATION,
    show_default=True,
    metavar="GUID",
    help="Organization, which identifies the zone.",
)
@click.option("--space", default=SPACE, show_default=True, metavar="GUID", help="Space.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(  # noqa: PLR0913, PLR0917 - one parameter per option
    name: str,
    given: Given | None,
    plan: str | None,
    resource: str,
    organization: str,
    space: str,
    *,
    as_json: bool,
) -> None:
    """Create a service instance without a platform.

    The running server creates it as for any platform; NAME is that of no other service instance.
    Of an mta.yaml, the resource of service xsuaa is created as its deployment would, with
    --organization and --space in place of ${org} and ${space}.
    """
    from broker.cli.platform.catalog import service  # noqa: PLC0415
    from broker.cli.platform.client import OsbClient  # noqa: PLC0415
    from broker.cli.platform.names import named  # noqa: PLC0415
    from broker.composition.administration import open_administration  # noqa: PLC0415
    from broker.errors import AlreadyExists  # noqa: PLC0415

    with report_errors(given.name if given else None):
        request = requested(given, resource, {"org": organization, "space": space})
    with report_errors():
        settings = load_settings()
        inspect = open_administration(settings).inspect
        if found := named(inspect, name):
            raise AlreadyExists(
                f"The name {name} belongs to service instance {found[0].instance_id}."
            )
        places = {"organization_guid": organization, "space_guid": space}
        names = {"organization_name": organization, "space_name": space, "instance_name": name}
        instance_id = str(uuid4())
        _, created = OsbClient.of(settings).put(
            ("service_instances", instance_id),
            {
                **service().ids(plan or request.plan or Plan.APPLICATION.value),
                **places,
                "context": {"platform": "cloudfoundry", **places, **names},
                "parameters": request.parameters,
            },
        )
        instance = inspect.one(instance_id).instance
    if as_json:
        document = {**instance_line(instance), "description": created.get("description")}
        click.echo(json.dumps(document, indent=2))
        return
    client = instance.client
    click.echo(f"Created service instance {name} ({instance_id}).")
    click.echo(f"Its application is {client.app_id}, in zone {client.zone.subdomain}.")
    if notes := created.get("description"):
        click.echo(notes)
