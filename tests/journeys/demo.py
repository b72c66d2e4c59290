"""``make demo``: the credential migration on a real server, as users see it.

By default it starts a server on SQLite; ``--database postgresql`` starts it on a private
PostgreSQL, ``--url`` uses a running broker (user and password from XSUAA_BROKER_USER and
XSUAA_BROKER_PASSWORD). The exit status is 1 if any step fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from tests.journeys.walkthrough import MigrationWalkthrough, Step
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient
from tests.support.postgres import PrivatePostgres
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> int:
    """Run the walkthrough; return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="database of the started server (default: sqlite)",
    )
    parser.add_argument("--workers", type=int, default=4, help="worker processes (default: 4)")
    parser.add_argument("--url", help="use this running broker")
    arguments = parser.parse_args()
    failed = 0
    with _platform(arguments) as platform:
        walkthrough = MigrationWalkthrough(platform, name_suffix=f"-{uuid4().hex[:8]}")
        for number, step in enumerate(walkthrough.steps(), start=1):
            _show(number, step)
            failed += not step.passed
    click.secho(
        f"\n{failed} steps failed." if failed else "\nAll steps passed.",
        fg="red" if failed else "green",
        bold=True,
    )
    return 1 if failed else 0


@contextmanager
def _platform(arguments: argparse.Namespace) -> Iterator[PlatformClient]:
    if arguments.url:
        user = os.environ.get("XSUAA_BROKER_USER", "broker")
        yield PlatformClient(arguments.url, user, os.environ["XSUAA_BROKER_PASSWORD"])
        return
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xsuaa-demo-")))
        database_url = ""
        if arguments.database == "postgresql":
            click.secho("Starting a private PostgreSQL …", dim=True)
            postgres = stack.enter_context(PrivatePostgres(durable=True))
            database_url = migrated_database(postgres, "demo")
        click.secho(
            f"Starting the broker on {arguments.database} with {arguments.workers} workers …",
            dim=True,
        )
        server = Server(directory, database_url=database_url, workers=arguments.workers)
        stack.enter_context(server)
        yield PlatformClient(server.url, server.user, server.password)


def _show(number: int, step: Step) -> None:
    click.secho(f"\n{number:2}. ", dim=True, nl=False)
    click.secho(step.command, bold=True)
    for what, passed, got in step.checks:
        mark = click.style("✓", fg="green") if passed else click.style("✗", fg="red")
        click.echo(f"    {mark} {what}" + (f", but got {got}" if got else ""))


if __name__ == "__main__":
    sys.exit(main())
