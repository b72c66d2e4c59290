"""``instances``: service instances. One module per command."""

from __future__ import annotations

import click

from broker.cli.instances.create import create
from broker.cli.instances.deletion import delete
from broker.cli.instances.listing import list_, show
from broker.cli.instances.release_name import release_name
from broker.cli.instances.update import update


@click.group()
def instances() -> None:
    """Create, list, show, update and delete service instances."""


for command in (create, list_, show, update, delete, release_name):
    instances.add_command(command)
