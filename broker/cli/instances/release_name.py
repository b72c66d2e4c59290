"""``instances release-name``."""

from __future__ import annotations

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator


@click.command("release-name")
@click.argument("app_id")
def release_name(app_id: str) -> None:
    """Release the reserved name of a deleted application.

    APP_ID is its application id, such as my-app!t1. The name is reserved for its previous space
    while tokens of the deleted application may be valid. Applications that accept those tokens
    mistake a new owner of the name for the deleted application.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415

    with report_errors():
        released = open_administration(load_settings()).release_name(operator(), app_id)
    click.echo(f"{app_id} is released." if released else f"{app_id} was not reserved.")
