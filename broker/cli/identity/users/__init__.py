"""``users``: the users of a zone. One module per command."""

from __future__ import annotations

import click

from broker.cli.identity.create_admin import create_zone_admin
from broker.cli.identity.users.add import add
from broker.cli.identity.users.delete import delete
from broker.cli.identity.users.export import export
from broker.cli.identity.users.listing import list_
from broker.cli.identity.users.set_password import set_password
from broker.cli.identity.users.show import show
from broker.cli.identity.users.state import activate, deactivate, end_sessions


@click.group()
def users() -> None:
    """Administer the users of a zone."""


for command in (
    *(add, list_, show, set_password, deactivate, activate, end_sessions, delete, export),
    create_zone_admin,
):
    users.add_command(command)
