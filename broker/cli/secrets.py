"""``secrets``: rotate instance secrets in place."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from broker.cli.durations import Duration
from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.platform.names import instance_id_of
from broker.cli.table import format_cell, print_table

if TYPE_CHECKING:
    from datetime import datetime

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

    INSTANCE is its id or name. Bindings created or fetched from now on contain the new secret.
    Applications receive it with their next restage or rebind; the previous secret is
    accepted until the overlap ends.
    """
    with report_errors():
        rotation, instance_id = _opened(instance)
        until = rotation.rotate(operator(), instance_id, overlap).previous_until
    click.echo("The instance secret was rotated.")
    click.echo(
        f"The previous secret is accepted until {format_cell(until)}."
        if until
        else "The previous secret is no longer accepted."
    )


@secrets.command()
@click.argument("instance")
@click.option(
    "--previous", is_flag=True, hidden=True, help="Has no effect: no other secret is revoked."
)
def revoke(instance: str, *, previous: bool) -> None:  # noqa: ARG001 - for scripts
    """Revoke the secret from before the rotation.

    INSTANCE is its id or name. Ends the overlap of a rotation: only the current secret is accepted
    from now on.
    """
    with report_errors():
        rotation, instance_id = _opened(instance)
        rotation.revoke_previous(operator(), instance_id)
    click.echo("The previous instance secret is no longer accepted.")


@secrets.command()
@click.argument("instance")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(instance: str, *, as_json: bool) -> None:
    """Show the state of an instance secret, without the secret.

    INSTANCE is its id or name.
    """
    with report_errors():
        rotation, instance_id = _opened(instance)
        state = rotation.state(instance_id)
    if as_json:
        document = {
            "created_at": _time(state.created_at),
            "last_used_at": _time(state.last_used_at),
            "previous_until": _time(state.previous_until),
            "previous_used_at": _time(state.previous_used_at),
        }
        click.echo(json.dumps(document, indent=2))
        return
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


def _opened(instance: str) -> tuple[Rotate, str]:
    """Return the service that rotates, and the id of the instance with this id or name."""
    from broker.composition.administration import (  # noqa: PLC0415
        credential_changes,
        open_command_store,
    )

    settings = load_settings()
    rotation = credential_changes(open_command_store(settings)).rotation
    return rotation, instance_id_of(settings, instance)


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
