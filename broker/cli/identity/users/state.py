"""``users deactivate``, ``users activate`` and ``users end-sessions``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.identity.ended_logons import as_sentence
from broker.cli.identity.users.confirmation import confirm_last_administrator
from broker.cli.identity.users.options import document, user_name, user_parameters
from broker.cli.operator import operator
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from broker.identity.users.change import ChangeUser


@click.command()
@user_parameters
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def deactivate(name: str, zone: str, origin: str, *, as_json: bool, yes: bool) -> None:
    """Deactivate a user.

    Ends all sessions, codes and tokens of the user; no logon and no token is possible until the
    user is activated again.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415

    of = user_name(zone, origin, name)
    with report_errors():
        identity = open_identity(load_settings())
        user, is_last = identity.read_users.one(of)
        if is_last and not yes:
            confirm_last_administrator(user, "Deactivate")
        user, ended = identity.change_user.deactivate(operator(), of)
    if as_json:
        click.echo(json.dumps({**document(user), "ended": ended and asdict(ended)}, indent=2))
    elif ended is None:
        click.echo(f"User {user.name} is inactive already.")
    else:
        click.echo(f"Deactivated user {user.name}. {as_sentence(ended)}")


@click.command()
@user_parameters
def activate(name: str, zone: str, origin: str, *, as_json: bool) -> None:
    """Activate a user again."""
    with report_errors():
        user = _change_user().activate(operator(), user_name(zone, origin, name))
    if as_json:
        click.echo(json.dumps(document(user), indent=2))
    else:
        click.echo(f"User {user.name} is active.")


@click.command("end-sessions")
@user_parameters
def end_sessions(name: str, zone: str, origin: str, *, as_json: bool) -> None:
    """End all sessions and tokens of a user.

    Ends sessions, authorization codes, access and refresh tokens, passcodes and password links.
    The user can log on again.
    """
    with report_errors():
        user, ended = _change_user().end_sessions(operator(), user_name(zone, origin, name))
    if as_json:
        click.echo(json.dumps({**document(user), "ended": asdict(ended)}, indent=2))
    else:
        click.echo(as_sentence(ended))


def _change_user() -> ChangeUser:
    from broker.composition.identity import open_identity  # noqa: PLC0415

    return open_identity(load_settings()).change_user
