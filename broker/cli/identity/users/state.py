"""``users deactivate``, ``users activate`` and ``users end-sessions``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.identity.ended_logons import as_sentence
from broker.cli.identity.services import services
from broker.cli.identity.users.confirmation import confirm_last_administrator
from broker.cli.identity.users.options import document, user_name, user_parameters
from broker.cli.operator import operator

if TYPE_CHECKING:
    from broker.composition.identity import UserAdministration
    from broker.identity.users.find import UserName


@click.command()
@user_parameters
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def deactivate(name: str, zone: str, origin: str, *, as_json: bool, yes: bool) -> None:
    """Deactivate a user.

    Ends all sessions, codes and tokens of the user; no logon and no token is possible until the
    user is activated again.
    """
    of = user_name(zone, origin, name)
    with report_errors():
        users = services().users
        user, is_last = users.read.one(of)
        if is_last and not yes:
            confirm_last_administrator(user, "Deactivate")
        run_deactivate(users, of, as_json=as_json)


def run_deactivate(users: UserAdministration, of: UserName, *, as_json: bool) -> None:
    """Deactivate the user and report it."""
    user, ended = users.change.deactivate(operator(), of)
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
        run_activate(services().users, user_name(zone, origin, name), as_json=as_json)


def run_activate(users: UserAdministration, of: UserName, *, as_json: bool) -> None:
    """Activate the user and report it."""
    user = users.change.activate(operator(), of)
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
        run_end_sessions(services().users, user_name(zone, origin, name), as_json=as_json)


def run_end_sessions(users: UserAdministration, of: UserName, *, as_json: bool) -> None:
    """End the user's sessions and tokens and report it."""
    user, ended = users.change.end_sessions(operator(), of)
    if as_json:
        click.echo(json.dumps({**document(user), "ended": asdict(ended)}, indent=2))
    else:
        click.echo(as_sentence(ended))
