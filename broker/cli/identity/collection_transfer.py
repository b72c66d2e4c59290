"""``role-collections export|import``: move the role collections of a zone."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.services import json_option, services
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator
from broker.cli.table import format_cell

_MAX_IMPORT = 64 * 1024**2


@click.command()
@zone_option
def export(zone: str) -> None:
    """Print the role collections of a zone as JSON.

    With custom roles, assignments and mappings.
    """
    with report_errors():
        document = services().transfer.export(zone)
    click.echo(json.dumps(document, indent=2))


@click.command("import")
@click.argument("file", type=click.File("rb"))
@zone_option
@json_option
def import_(file: Any, zone: str, *, as_json: bool) -> None:
    """Add what an export contains and the zone lacks.

    FILE may be - for stdin. Nothing is removed. Users are found by origin and name. Exit status 1
    if something could not be applied; the rest is applied.
    """
    from broker.errors import InvalidRequest  # noqa: PLC0415

    with report_errors():
        content = file.read(_MAX_IMPORT + 1)
        if len(content) > _MAX_IMPORT:
            raise InvalidRequest.at("$", "a file of more than 64 MiB", "an export")
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            raise InvalidRequest.at("$", "no JSON", "an export") from None
        result = services().transfer.load(operator(), zone, document)
    if as_json:
        click.echo(json.dumps({"created": result.created, "failed": result.failed}, indent=2))
    else:
        created = ", ".join(f"{count} {kind}" for kind, count in result.created.items())
        click.echo(f"New: {created.replace('_', ' ') or 'nothing'}.")
        for each in result.failed:
            click.secho(f"Not applied: {format_cell(each)}", fg="red", err=True)
    if result.failed:
        sys.exit(1)
