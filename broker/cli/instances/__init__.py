"""``instances``: service instances. One module per command."""

from __future__ import annotations

import click

from broker.cli.instances.deletion import delete
from broker.cli.instances.listing import list_, show
from broker.cli.instances.release_name import release_name
from broker.cli.instances.update import update


@click.group()
def instances() -> None:
    """List, show, update and delete service instances."""


for command in (list_, show, update, delete, release_name):
    instances.add_command(command)
