"""``service-keys create``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.platform.names import Name
from broker.cli.platform.parameters import TextOrFile
from broker.cli.service_keys.output import Output, output_options

if TYPE_CHECKING:
    from pathlib import Path

    from broker.cli.platform.parameters import Given


@click.command()
@click.argument("instance")
@click.argument("name", type=Name())
@click.option(
    "-c",
    "given",
    type=TextOrFile(),
    help='Parameters: a file, or JSON such as {"credential-type": "x509"}.',
)
@output_options
def create(  # noqa: PLR0913 - one parameter per option
    instance: str,
    name: str,
    given: Given | None,
    format_: str,
    path: Path | None,
    *,
    replace: bool,
) -> None:
    """Create a service key at the running server.

    Prints its credentials, or writes them to files for their owner only. NAME is new in the
    service instance.
    """
    from broker.cli.service_keys.at_server import KeysOfInstance  # noqa: PLC0415

    with report_errors(given.name if given else None):
        parameters = given.as_object() if given else {}
    with report_errors():
        settings = load_settings()
        keys = KeysOfInstance.of(settings, instance)
        output = Output(format_, path, replace)
        output.require_writable()
        output.write(keys.create(name, parameters), settings)
