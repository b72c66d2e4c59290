"""``users export``."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.services import services
from broker.cli.identity.users.options import user_name, user_parameters
from broker.cli.operator import operator


@click.command()
@user_parameters
def export(name: str, zone: str, origin: str, *, as_json: bool) -> None:  # noqa: ARG001 - always
    """Print everything stored about a user as JSON.

    Contains the user's attributes, role collections, sessions, tokens, consents and audit events,
    without passwords and other secrets. The export is audited.
    """
    with report_errors():
        reading = services().users.read
        exported = reading.export(operator(), user_name(zone, origin, name))
    click.echo(json.dumps(exported, indent=2))
