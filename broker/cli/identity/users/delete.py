"""``users delete``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.identity.services import services
from broker.cli.identity.users.confirmation import warn_of_last_administrator
from broker.cli.identity.users.options import document, user_name, user_parameters
from broker.cli.operator import operator

if TYPE_CHECKING:
    from broker.composition.identity import UserAdministration
    from broker.identity.users.find import UserName

KEPT = (
    "The audit trail keeps the user's id, its names, changes of its attributes with their values,"
    " and what it did until audit prune deletes these events; the servers' logs contain the same"
    " events."
)


@click.command()
@user_parameters
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def delete(name: str, zone: str, origin: str, *, as_json: bool, yes: bool) -> None:
    """Delete a user with everything that belongs to it.

    Deletes the password, role collections, sessions, tokens and consents in one step. A new user
    with the same name gets another id and no role collections. The audit trail keeps id, names
    and changes until audit prune deletes its events.
    """
    with report_errors():
        run_delete(services().users, user_name(zone, origin, name), yes=yes, as_json=as_json)


def run_delete(users: UserAdministration, of: UserName, *, yes: bool, as_json: bool) -> None:
    """Delete the user after confirmation and report it."""
    user, is_last = users.read.one(of)
    if is_last:
        warn_of_last_administrator(user)
    if not yes:
        click.echo(KEPT, err=True)
        click.confirm(f"Delete user {user.name}?", abort=True, err=True)
    user = users.delete(operator(), of)
    if as_json:
        click.echo(json.dumps({**document(user), "deleted": True, "kept": KEPT}, indent=2))
    else:
        click.echo(f"Deleted user {user.name}. {KEPT}")
