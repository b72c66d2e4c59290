"""``credentials list``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.durations import Duration
from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.platform.names import instance_id_of
from broker.cli.table import Id, print_table, wide_option
from broker.descriptor.model import CredentialType

if TYPE_CHECKING:
    from datetime import timedelta

    from broker.credentials.listed import ListedCredential


@click.command("list")
@click.option(
    "--instance", default="", metavar="INSTANCE", help="Only of the instance with this id or name."
)
@click.option(
    "--type",
    "type_",
    type=click.Choice([each.value for each in CredentialType]),
    help="Only credentials of this type.",
)
@click.option(
    "--expiring",
    type=Duration(),
    help="Only certificates that have expired or expire within this time (30m, 12h, 7d).",
)
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(
    instance: str, type_: str | None, expiring: timedelta | None, *, wide: bool, as_json: bool
) -> None:
    """List credentials; with --expiring, sorted by expiry."""
    from broker.clock import SystemClock  # noqa: PLC0415
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.listing import CredentialListing  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        listing = CredentialListing(open_command_store(settings).engine)
        instance_id = instance_id_of(settings, instance) if instance else ""
        found = [
            each
            for each in (
                listing.all()
                if expiring is None
                else listing.expiring(after=None, before=SystemClock().now() + expiring)
            )
            if instance_id in {"", each.instance_id} and type_ in {None, each.type}
        ]
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in found], indent=2))
        return
    print_table(
        ("EXPIRES", "TYPE", "CLIENT ID", "INSTANCE", "BINDING", "CREATED"),
        (
            (
                each.expires_at,
                f"{each.type} ({each.how})" if each.how else each.type,
                each.client_id,
                Id(each.instance_id),
                Id(each.binding_id or ""),
                each.created_at,
            )
            for each in found
        ),
        empty="No credentials found.",
        is_complete=wide,
        wide_only=("CREATED",),
    )


def _as_json(listed: ListedCredential) -> dict[str, Any]:
    return {
        "instance_id": listed.instance_id,
        "binding_id": listed.binding_id,
        "client_id": listed.client_id,
        "type": listed.type,
        "how": listed.how,
        "created_at": listed.created_at.isoformat(),
        "expires_at": listed.expires_at.isoformat() if listed.expires_at else None,
    }
