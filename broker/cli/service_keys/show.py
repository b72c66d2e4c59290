"""``service-keys show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.service_keys.output import Output, output_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("instance")
@click.argument("name")
@output_options
def show(instance: str, name: str, format_: str, path: Path | None, *, replace: bool) -> None:
    """Print a service key again, or write it to files.

    The running server returns it, which is an event of the audit trail.
    """
    from broker.cli.service_keys.at_server import KeysOfInstance  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        output = Output(format_, path, replace)
        output.require_writable()
        output.write(KeysOfInstance.of(settings, instance).read(name), settings)
