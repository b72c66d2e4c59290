"""``descriptor``: check and compare xs-security.json files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.files import json_object, name_of
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from broker.descriptor.reports.check_file import FileReport


@click.group()
def descriptor() -> None:
    """Check and compare xs-security.json files."""


@descriptor.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--plan",
    type=click.Choice([plan.value for plan in Plan]),
    default=Plan.APPLICATION.value,
    show_default=True,
    help="The plan of the service instance, unless FILE names it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option(
    "--redirect-uri",
    metavar="URI",
    help="Also print which entry of redirect-uris matches URI, or why none does.",
)
def check(file: IO[bytes], *, plan: str, as_json: bool, redirect_uri: str | None) -> None:
    """Check whether the broker would accept FILE.

    FILE is an xs-security.json for a new service instance, a request of the btp CLI or a Kubernetes
    manifest that contains one, or an mta.yaml, of which every resource of service xsuaa is checked;
    "-" reads standard input. Exits with status 1 if FILE would be refused, and lists every error
    with its file and JSON path. Exits with status 1, too, if no entry matches the URI of
    --redirect-uri.
    Rules that depend on the broker's settings or on other instances are not checked.
    """
    from broker.descriptor.reports.check_file import Options, check_file  # noqa: PLC0415

    name = name_of(file)
    options = Options(plan, tuple(Plan), redirect_uri)
    report = check_file(file.read(), name, Path(name).parent, options)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print(report)
    is_refused = any(not each.matches for each in report.redirects)
    sys.exit(0 if report.is_valid and not is_refused else 1)


def _print(report: FileReport) -> None:
    for error in report.errors:
        click.secho(str(error), fg="red")
    for note in report.notes:
        click.secho(f"{report.file}: note: {note}", fg="yellow")
    for each in report.descriptors:
        if each.name != report.file:
            click.secho(f"{report.file}: {each}", fg="red" if each.errors else "green")
    if report.is_valid and [each.name for each in report.descriptors] == [report.file]:
        click.secho(f"{report.file} is a valid xs-security.json.", fg="green")
    for redirect in report.redirects:
        click.secho(f"redirect-uri  {redirect}", fg="green" if redirect.matches else "red")


@descriptor.command()
@click.argument("old", type=click.File("rb"))
@click.argument("new", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def diff(old: IO[bytes], new: IO[bytes], *, as_json: bool) -> None:
    """Show what an update from OLD to NEW would change.

    Exits with status 1 if the update would be refused. For an existing service instance,
    "instances update --dry-run" also lists the bindings that would be cut off.
    """
    from broker.descriptor.parse import parse_descriptor  # noqa: PLC0415
    from broker.descriptor.reports.comparison import compare  # noqa: PLC0415

    with report_errors(name_of(old)):
        before = parse_descriptor(json_object(old))
    with report_errors(name_of(new)):
        after = parse_descriptor(json_object(new))
    comparison = compare(before, after)
    if as_json:
        click.echo(json.dumps(comparison.as_json(), indent=2))
    else:
        for violation in comparison.refused:
            click.secho(f"{name_of(new)}: {violation}", fg="red")
        for change in comparison.changes:
            click.echo(str(change))
        if not comparison.changes:
            click.echo("No differences.")
    sys.exit(1 if comparison.refused else 0)


@descriptor.command()
def reference() -> None:
    """Print the reference page of xs-security.json."""
    from broker.descriptor.reports.reference_page import reference_page  # noqa: PLC0415

    click.echo(reference_page(), nl=False)
