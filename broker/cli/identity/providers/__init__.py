"""``providers``: the identity providers of a zone. One module per command."""

from __future__ import annotations

import click

from broker.cli.identity.providers.add import add
from broker.cli.identity.providers.change import set_
from broker.cli.identity.providers.delete import delete
from broker.cli.identity.providers.listing import list_, show
from broker.cli.identity.providers.trial import test


@click.group()
def providers() -> None:
    """Administer the identity providers of a zone."""


for command in (list_, add, show, set_, test, delete):
    providers.add_command(command)
