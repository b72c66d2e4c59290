"""``serve``: run the broker and its token service."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from broker.cli.banner import administrator, first_steps
from broker.cli.failures import report_errors
from broker.errors import BrokerError, ConfigurationError
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
@click.option(
    "--with-admin",
    is_flag=True,
    help="Create a zone with the user admin on the first start; mode dev only.",
)
def serve(only: str | None, *, with_admin: bool) -> None:
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
        if with_admin:
            click.echo(_administrator(settings))

    with report_errors():
        settings = load_settings()
        if with_admin and settings.mode != "dev":
            raise ConfigurationError(
                "--with-admin requires XSUAA_MODE=dev; otherwise create the first administrator"
                " with users create-admin"
            )
        sys.exit(run(settings, announce))


def _administrator(settings: Settings) -> str:
    from broker.composition.first_administrator import (  # noqa: PLC0415
        ensure_first_administrator,
    )

    try:
        return administrator(settings, ensure_first_administrator(settings))
    except BrokerError as error:
        return f"The user admin was not created: {error}"
