"""``credentials list``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.durations import Duration
from broker.cli.failures import report_errors
from broker.cli.installation import load_settings

if TYPE_CHECKING:
    from datetime import timedelta

    from broker.credentials.listed import ListedCredential

_COLUMNS = ("EXPIRES", "TYPE", "CLIENT ID", "INSTANCE", "BINDING")


@click.command("list")
@click.option(
    "--expiring",
    type=Duration(),
    help="Only certificates that have expired or expire within this time (30m, 12h, 7d).",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(expiring: timedelta | None, *, as_json: bool) -> None:
    """List credentials; with --expiring, sorted by expiry."""
    from broker.clock import SystemClock  # noqa: PLC0415
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.listing import CredentialListing  # noqa: PLC0415

    with report_errors():
        listing = CredentialListing(open_command_store(load_settings()).engine)
        found = (
            listing.all()
            if expiring is None
            else listing.expiring(after=None, before=SystemClock().now() + expiring)
        )
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in found], indent=2))
        return
    rows = [_COLUMNS, *(_as_row(each) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def _as_row(listed: ListedCredential) -> tuple[str, ...]:
    expires = f"{listed.expires_at:%Y-%m-%d %H:%M} UTC" if listed.expires_at else "-"
    kind = f"{listed.type} ({listed.how})" if listed.how else str(listed.type)
    return expires, kind, listed.client_id, listed.instance_id, listed.binding_id or "-"


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
