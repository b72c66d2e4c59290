"""``operators``: the users who operate the service broker."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.create_admin import create_operator
from broker.cli.identity.password_input import read_password
from broker.cli.operator import operator
from broker.settings.environment import load_settings


@click.group()
def operators() -> None:
    """Create operators and set their passwords."""


@operators.command("set-password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password, one line, from stdin.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def set_password(name: str, *, password_stdin: bool, as_json: bool) -> None:
    """Set the password of an operator.

    Ends all sessions and tokens of the operator.
    """
    from broker.authorization.collections.built_in import operator_zone  # noqa: PLC0415
    from broker.composition.identity import open_identity  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        if not password_stdin:
            raise click.UsageError("Give --password-stdin.")
        identity = open_identity(settings)
        zone = identity.transactions.run(operator_zone)
        user = identity.set_password(operator(), zone, name, read_password())
    if as_json:
        click.echo(json.dumps({"id": user.user_id, "name": user.name}, indent=2))
    else:
        click.echo(f"Set the password of operator {user.name} and ended all sessions and tokens.")


operators.add_command(create_operator)
