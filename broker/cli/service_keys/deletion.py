"""``service-keys delete``."""

from __future__ import annotations

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings


@click.command()
@click.argument("instance")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def delete(instance: str, name: str, *, yes: bool) -> None:
    """Delete a service key at the running server.

    Its credentials are refused at once, unless they are the secret of the whole instance.
    """
    from broker.cli.service_keys.at_server import KeysOfInstance  # noqa: PLC0415

    with report_errors():
        keys = KeysOfInstance.of(load_settings(), instance)
        name = keys.id_of(name)
        if not yes:
            click.confirm(f"Delete service key {name}?", abort=True, err=True)
        keys.delete(name)
    click.echo(f"Deleted service key {name}.")
