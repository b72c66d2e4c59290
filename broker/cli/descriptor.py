"""``descriptor``: xs-security.json files, without a server."""

from __future__ import annotations

import json
import sys
from typing import TextIO

import click


@click.group()
def descriptor() -> None:
    """Check xs-security.json files without a server."""


@descriptor.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(file: TextIO, *, as_json: bool) -> None:
    """Say whether the broker would accept FILE ("-" reads standard input).

    Exits with 1 if it would not, and names every error with its JSON path.
    """
    from broker.descriptor.report import check as check_text  # noqa: PLC0415

    report = check_text(file.read())
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        for error in report.errors:
            click.secho(f"error  {error}", fg="red")
        for note in report.notes:
            click.secho(f"note   {note}", fg="yellow")
        if report.is_valid:
            click.secho(f"{file.name} is a valid xs-security.json.", fg="green")
    sys.exit(0 if report.is_valid else 1)


@descriptor.command()
def reference() -> None:
    """Print the reference page of xs-security.json."""
    from broker.descriptor.reference import reference_page  # noqa: PLC0415

    click.echo(reference_page(), nl=False)
