"""``operators``: the users who operate the service broker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.identity.create_admin import create_operator
from broker.cli.identity.password_input import read_password
from broker.cli.identity.services import json_option, services
from broker.cli.identity.users.delete import run_delete
from broker.cli.identity.users.listing import print_users
from broker.cli.identity.users.state import run_activate, run_deactivate, run_end_sessions
from broker.cli.operator import operator
from broker.cli.table import wide_option
from broker.identity.zone import OPERATOR_ZONE

if TYPE_CHECKING:
    from broker.identity.users.find import UserName


@click.group()
def operators() -> None:
    """Administer the operators of the service broker."""


@operators.command("list")
@wide_option
@json_option
def list_(*, wide: bool, as_json: bool) -> None:
    """List the operators, ordered by name."""
    from broker.identity.users.search import UserQuery  # noqa: PLC0415

    with report_errors():
        found = list(services().operators.read.all(OPERATOR_ZONE, UserQuery()))
    print_users(found, wide=wide, as_json=as_json)


@operators.command("set-password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password, one line, from stdin.")
@json_option
def set_password(name: str, *, password_stdin: bool, as_json: bool) -> None:
    """Set the password of an operator.

    Ends all sessions and tokens of the operator.
    """
    from broker.authorization.collections.built_in import operator_zone  # noqa: PLC0415

    with report_errors():
        identity = services()
        if not password_stdin:
            raise click.UsageError("Give --password-stdin.")
        zone = identity.transactions.run(operator_zone)
        user = identity.set_password(operator(), zone, name, read_password())
    if as_json:
        click.echo(json.dumps({"id": user.user_id, "name": user.name}, indent=2))
    else:
        click.echo(f"Set the password of operator {user.name} and ended all sessions and tokens.")


@operators.command()
@click.argument("name")
@json_option
def deactivate(name: str, *, as_json: bool) -> None:
    """Deactivate an operator; ends all sessions and tokens."""
    with report_errors():
        run_deactivate(services().operators, _named(name), as_json=as_json)


@operators.command()
@click.argument("name")
@json_option
def activate(name: str, *, as_json: bool) -> None:
    """Activate an operator again."""
    with report_errors():
        run_activate(services().operators, _named(name), as_json=as_json)


@operators.command("end-sessions")
@click.argument("name")
@json_option
def end_sessions(name: str, *, as_json: bool) -> None:
    """End all sessions and tokens of an operator."""
    with report_errors():
        run_end_sessions(services().operators, _named(name), as_json=as_json)


@operators.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
def delete(name: str, *, yes: bool, as_json: bool) -> None:
    """Delete an operator with everything that belongs to the user."""
    with report_errors():
        run_delete(services().operators, _named(name), yes=yes, as_json=as_json)


def _named(name: str) -> UserName:
    from broker.identity.users.find import UserName  # noqa: PLC0415

    return UserName(OPERATOR_ZONE, name)


operators.add_command(create_operator)
