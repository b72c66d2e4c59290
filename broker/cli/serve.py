"""``serve``: run the broker and its token service."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from broker.cli.banner import first_steps
from broker.cli.failures import report_errors
from broker.settings.environment import load_settings
from broker.settings.model import PREFIX

if TYPE_CHECKING:
    from broker.settings.model import Settings


@click.command()
@click.option(
    "--only",
    type=click.Choice(["tokens"]),
    help="Serve only the token service, without the broker.",
)
def serve(only: str | None) -> None:
    """Serve the broker and its token service.

    Runs in the foreground until SIGTERM or SIGINT.
    """
    from broker.server.supervisor import serve as run  # noqa: PLC0415

    if only:
        # Listeners are separate processes that read the settings from the environment.
        os.environ[f"{PREFIX}ONLY"] = only

    def announce(settings: Settings) -> None:
        has_broker = settings.mode == "dev" and not settings.only
        click.echo(first_steps(settings) if has_broker else "xsuaa-broker is ready.")

    with report_errors():
        sys.exit(run(load_settings(), announce))
