"""``service-keys list``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.table import Id, print_table, wide_option

if TYPE_CHECKING:
    from broker.lifecycle.inspect import Inspection


@click.command("list")
@click.argument("instance")
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(instance: str, *, wide: bool, as_json: bool) -> None:
    """List the service keys and bindings of a service instance.

    INSTANCE is its id or name.
    """
    from broker.cli.platform.names import inspected  # noqa: PLC0415
    from broker.composition.administration import open_administration  # noqa: PLC0415

    with report_errors():
        found = inspected(open_administration(load_settings()).inspect, instance)
    if as_json:
        click.echo(json.dumps(_documents(found), indent=2))
        return
    print_table(
        ("NAME", "TYPE", "LAST USED", "APPLICATION"),
        (
            (
                Id(each.binding_id),
                each.credential_type,
                found.last_uses.get(each.binding_id),
                Id(each.app_guid or ""),
            )
            for each in found.bindings
        ),
        empty="The service instance has no service keys.",
        is_complete=wide,
    )


def _documents(found: Inspection) -> list[dict[str, Any]]:
    uses = found.last_uses
    return [
        {
            "id": each.binding_id,
            "credential_type": each.credential_type,
            "app_guid": each.app_guid,
            "last_used_at": used.isoformat() if (used := uses.get(each.binding_id)) else None,
        }
        for each in found.bindings
    ]
