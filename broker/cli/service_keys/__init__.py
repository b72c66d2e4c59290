"""``service-keys``: service keys, created at the running server. One module per command."""

from __future__ import annotations

import click

from broker.cli.service_keys.create import create
from broker.cli.service_keys.deletion import delete
from broker.cli.service_keys.listing import list_
from broker.cli.service_keys.show import show


@click.group("service-keys")
def service_keys() -> None:
    """Create, list, show and delete service keys.

    INSTANCE is the id or name of a service instance; applications' bindings are listed, too.
    """


for command in (create, list_, show, delete):
    service_keys.add_command(command)
