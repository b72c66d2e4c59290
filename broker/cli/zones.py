"""``zones``: list, show, change, create and split zones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.zone_settings import set_, show
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import print_table, wide_option
from broker.runtime.waiting import waiting

if TYPE_CHECKING:
    from broker.identity.zone import Zone, ZoneOverview
    from broker.instances.model import Instance
    from broker.lifecycle.zones.split import Split


@click.group()
def zones() -> None:
    """List, show, change, create and split zones (tenants)."""


zones.add_command(show)
zones.add_command(set_)


@zones.command("list")
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the GUIDs.")
def list_(*, wide: bool, as_json: bool) -> None:
    """List all zones.

    A mixed zone has service instances of several tenants, which an earlier version put together.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415

    with report_errors():
        found = open_administration(load_settings()).inspect.zones()
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], indent=2))
        return
    print_table(
        ("INDEX", "SUBDOMAIN", "PLATFORM", "KEY", "INSTANCES", "MIXED"),
        [
            (
                each.zone.index,
                each.zone.subdomain,
                each.platform,
                each.external_key,
                each.instances,
                "mixed" if each.is_mixed else "",
            )
            for each in found
        ],
        empty="There are no zones.",
        is_complete=wide,
    )


@zones.command()
@click.argument("members", nargs=-1, metavar="MEMBER=VALUE...")
@click.option("--platform", default="default", show_default=True, help="Name of the platform.")
@click.option("--name", default="", help="Name of the tenant, for the subdomain of a new zone.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ensure(members: tuple[str, ...], platform: str, name: str, *, as_json: bool) -> None:
    """Create the zone of a tenant in advance.

    For DNS and trust before the first service instance; safe to repeat. MEMBER=VALUE is the context
    member that identifies the tenant on the platform, such as organization_guid=…,
    subaccount_id=…, or clusterid=… and namespace=….
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415

    pairs = [_member(each) for each in members]
    given = dict(pairs)
    if len(given) < len(pairs):
        raise click.BadParameter("A member can have only one value.")
    with report_errors():
        ensure_zone = open_administration(load_settings()).ensure_zone
        zone, created = ensure_zone(operator(), platform, given, name)
    if as_json:
        click.echo(json.dumps({**_names(zone), "created": created}, indent=2))
        return
    for key, value in _names(zone).items():
        click.echo(f"{key + ':':11}{value}")
    click.echo("The zone was created." if created else "The zone exists.")


@zones.command()
@click.argument("zone")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; requires --yes or --dry-run.")
def split(zone: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Separate the tenants of a mixed zone.

    Moves its service instances to the zones of their tenants. ZONE is an index, a GUID or a
    subdomain. Client ids, application ids and credentials stay the
    same; new tokens contain the new zone. References between tenants are dissolved.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415

    if as_json and not (yes or dry_run):
        raise click.UsageError("--json requires --yes or --dry-run.")
    with report_errors(), waiting("Comparing service instances with their tenants"):
        split_zone = open_administration(load_settings()).split_zone
        result = split_zone(operator(), zone, dry_run=True)
    if not as_json:
        if dry_run:
            click.echo("Dry run: nothing was changed.")
        _print(result)
    if not dry_run:
        if not yes:
            click.confirm("Split the zone?", abort=True)
        with report_errors(), waiting("Moving service instances"):
            result = split_zone(operator(), zone, dry_run=False)
    if as_json:
        click.echo(json.dumps({"changed": not dry_run, **_split_document(result)}, indent=2))
    elif not dry_run:
        click.echo(f"Moved {len(result.moved)} service instances.")


def _member(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (name and mark and value):
        raise click.BadParameter(f"{text[:64]!r} is not of the form MEMBER=VALUE.")
    return name, value


def _names(zone: Zone) -> dict[str, Any]:
    return {"index": zone.index, "guid": zone.guid, "subdomain": zone.subdomain}


def _document(each: ZoneOverview) -> dict[str, Any]:
    return {
        **_names(each.zone),
        "platform": each.platform,
        "key": each.external_key,
        "instances": each.instances,
        "mixed": each.is_mixed,
    }


def _split_document(result: Split) -> dict[str, Any]:
    return {
        "zone": _names(result.zone),
        "moved": [{**_instance(each), "zone": _names(each.client.zone)} for each in result.moved],
        "kept": [{**_instance(each), "reason": reason} for each, reason in result.kept],
        "dissolved_references": [
            {"instance": pin.instance_id, "reference": str(pin.reference), "was": pin.target_app_id}
            for pin in result.dissolved
        ],
        "ended_assignments": result.ended.assignments,
        "ended_mappings": result.ended.mappings,
    }


def _instance(each: Instance) -> dict[str, Any]:
    return {"id": each.instance_id, "app_id": each.client.app_id, "tenant": each.tenant}


def _print(result: Split) -> None:
    for each in result.moved:
        zone = each.client.zone
        click.echo(
            f"{each.instance_id} ({each.client.app_id}) moves to zone {zone.index},"
            f" {zone.subdomain} (tenant {each.tenant})."
        )
    for each, reason in result.kept:
        click.echo(f"{each.instance_id} ({each.client.app_id}) stays: {reason}.")
    for pin in result.dissolved:
        click.echo(f"{pin.instance_id} loses the reference {pin.reference} to {pin.target_app_id}.")
    if result.ended:
        click.echo(f"Role collections of the moved instances lose {result.ended}.")
