"""``users delete``."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.users.confirmation import warn_of_last_administrator
from broker.cli.identity.users.options import document, user_name, user_parameters
from broker.cli.operator import operator
from broker.settings.environment import load_settings

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
    from broker.composition.identity import open_identity  # noqa: PLC0415

    of = user_name(zone, origin, name)
    with report_errors():
        identity = open_identity(load_settings())
        user, is_last = identity.read_users.one(of)
        if is_last:
            warn_of_last_administrator(user)
        if not yes:
            click.echo(KEPT, err=True)
            click.confirm(f"Delete user {user.name}?", abort=True, err=True)
        user = identity.delete_user(operator(), of)
    if as_json:
        click.echo(json.dumps({**document(user), "deleted": True, "kept": KEPT}, indent=2))
    else:
        click.echo(f"Deleted user {user.name}. {KEPT}")
