"""The command line: ``xsuaa-broker`` or ``python -m broker``."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from broker import __version__
from broker.banner import first_steps
from broker.environment import load_settings
from broker.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.settings import Settings


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn our errors into lines on stderr and exit status 1; no traceback for a wrong setting."""
    try:
        yield
    except BrokerError as error:
        # What the driver says names hosts and files, and never a password.
        cause = getattr(error.__cause__, "orig", None)
        for line in str(error).splitlines():
            click.secho(f"Error: {line}", fg="red", err=True)
        if cause is not None:
            click.secho(f"  {str(cause).strip()}", err=True)
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Run and operate the XSUAA-compatible service broker.

    Settings come from the environment; .env.example lists them all.
    """
    # Whatever this program writes, the database included, is for its own user.
    os.umask(0o077)


@main.command()
def serve() -> None:
    """Serve the broker and its token service until SIGTERM."""
    from broker.serve import serve as run  # noqa: PLC0415 - the other commands start faster

    def announce(settings: Settings) -> None:
        click.echo(first_steps(settings) if settings.mode == "dev" else "xsuaa-broker is ready.")

    with _clear_errors():
        sys.exit(run(load_settings(), announce))


@main.group()
def db() -> None:
    """Create and upgrade the database schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema to the version of this code; safe to repeat."""
    from broker.app import upgrade_store  # noqa: PLC0415 - the other commands start faster

    with _clear_errors():
        before, after = upgrade_store(load_settings())
    click.echo(
        f"The database schema is current ({after})."
        if before == after
        else f"The database schema was upgraded from {before or 'nothing'} to {after}."
    )


@main.group()
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
