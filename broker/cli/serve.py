"""``serve``: the broker and its token service."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from broker.banner import first_steps
from broker.cli.failures import clear_errors
from broker.environment import load_settings

if TYPE_CHECKING:
    from broker.settings import Settings


@click.command()
def serve() -> None:
    """Serve the broker and its token service until SIGTERM."""
    from broker.serve import serve as run  # noqa: PLC0415

    def announce(settings: Settings) -> None:
        click.echo(first_steps(settings) if settings.mode == "dev" else "xsuaa-broker is ready.")

    with clear_errors():
        sys.exit(run(load_settings(), announce))
