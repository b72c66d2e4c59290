"""``descriptor``: check and compare xs-security.json files."""

from __future__ import annotations

import json
import sys
from typing import IO

import click

from broker.cli.failures import report_errors
from broker.cli.files import json_object, name_of


@click.group()
def descriptor() -> None:
    """Check and compare xs-security.json files."""


@descriptor.command()
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option(
    "--redirect-uri",
    metavar="URI",
    help="Also print which entry of redirect-uris matches URI, or why none does.",
)
def check(file: IO[bytes], *, as_json: bool, redirect_uri: str | None) -> None:
    """Check whether the broker would accept FILE.

    "-" reads standard input. Exits with status 1 if FILE would be refused, and lists every error
    with its JSON path. Exits with status 1, too, if no entry matches the URI of --redirect-uri.
    Rules that depend on the broker's settings or on other instances are not checked.
    """
    from broker.descriptor.reports.check import check as check_text  # noqa: PLC0415

    report = check_text(file.read(), redirect_uri)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        for error in report.errors:
            click.secho(f"error  {error}", fg="red")
        for note in report.notes:
            click.secho(f"note   {note}", fg="yellow")
        if report.is_valid:
            click.secho(f"{name_of(file)} is a valid xs-security.json.", fg="green")
        if report.redirect:
            color = "green" if report.redirect.matches else "red"
            click.secho(f"redirect-uri  {report.redirect}", fg=color)
    is_refused = report.redirect is not None and not report.redirect.matches
    sys.exit(0 if report.is_valid and not is_refused else 1)


@descriptor.command()
@click.argument("old", type=click.File("rb"))
@click.argument("new", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def diff(old: IO[bytes], new: IO[bytes], *, as_json: bool) -> None:
    """Show what an update from OLD to NEW would change.

    Exits with status 1 if the update would be refused. For an existing service instance,
    "instances update --dry-run" also lists the bindings that would be cut off.
    """
    from broker.descriptor.reports.comparison import compare  # noqa: PLC0415

    with report_errors():
        comparison = compare(json_object(old), json_object(new))
    if as_json:
        click.echo(json.dumps(comparison.as_json(), indent=2))
    else:
        for violation in comparison.refused:
            click.secho(f"refused  {violation}", fg="red")
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
