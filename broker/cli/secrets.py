"""``secrets``: rotate instance secrets in place."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from broker.cli.durations import Duration
from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import format_cell, print_table

if TYPE_CHECKING:
    from broker.lifecycle.rotate import Rotate


@click.group()
def secrets() -> None:
    """Rotate instance secrets in place, with an overlap."""


@secrets.command()
@click.argument("instance")
@click.option(
    "--overlap",
    type=Duration(),
    default="7d",
    show_default=True,
    help="How long the previous secret is accepted beside the new one; 0: not at all.",
)
def rotate(instance: str, overlap: timedelta) -> None:
    """Rotate the instance secret of a service instance.

    INSTANCE is the id of the instance. Bindings created or fetched from now on contain the new
    secret. Applications receive it with their next restage or rebind; the previous secret is
    accepted until the overlap ends.
    """
    with report_errors():
        until = _rotate().rotate(operator(), instance, overlap).previous_until
    click.echo("The instance secret was rotated.")
    click.echo(
        f"The previous secret is accepted until {format_cell(until)}."
        if until
        else "The previous secret is no longer accepted."
    )


@secrets.command()
@click.argument("instance")
@click.option(
    "--previous", is_flag=True, required=True, help="Revoke the secret from before the rotation."
)
def revoke(instance: str, *, previous: bool) -> None:  # noqa: ARG001 - the flag spells it out
    """End the overlap of a rotation.

    Only the current secret is accepted from now on.
    """
    with report_errors():
        _rotate().revoke_previous(operator(), instance)
    click.echo("The previous instance secret is no longer accepted.")


@secrets.command()
@click.argument("instance")
def show(instance: str) -> None:
    """Show the state of an instance secret, without the secret."""
    with report_errors():
        state = _rotate().state(instance)
    print_table(
        ("SECRET", "SINCE", "ACCEPTED UNTIL", "LAST USED"),
        [
            ("current", state.created_at, None, state.last_used_at),
            *(
                [("previous", None, state.previous_until, state.previous_used_at)]
                if state.previous_until
                else []
            ),
        ],
        empty="",
    )


def _rotate() -> Rotate:
    from broker.composition.administration import credential_changes, open_command_store  # noqa: PLC0415

    return credential_changes(open_command_store(load_settings())).rotation
