"""``users show``."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.services import services
from broker.cli.identity.users.options import document, user_name, user_parameters
from broker.cli.table import print_table


@click.command()
@user_parameters
def show(name: str, zone: str, origin: str, *, as_json: bool) -> None:
    """Show a user with its role collections.

    Those that are assigned, and those mapped to what the provider stated at the last logon.
    """
    from broker.authorization.collections.mapped import MappedCollections  # noqa: PLC0415

    with report_errors():
        identity = services()
        user, is_last = identity.users.read.one(user_name(zone, origin, name))
        assigned = identity.transactions.read(lambda store: store.assignments.of_user(user))
        mapped = MappedCollections(identity.transactions)(zone, user.origin, user.snapshot)
    collections = {
        "role_collections": [each.collection for each in assigned],
        "mapped_role_collections": sorted({each.collection for each in mapped}),
    }
    shown = {**document(user), "last_administrator": is_last, **collections}
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    shown |= {
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "last_logon_at": user.last_logon_at,
        "previous_logon_at": user.previous_logon_at,
        **{key: ", ".join(names) for key, names in collections.items()},
    }
    print_table(
        ("ATTRIBUTE", "VALUE"),
        [(key.replace("_", " ").upper(), value) for key, value in shown.items()],
        empty="",
        is_complete=True,
    )
