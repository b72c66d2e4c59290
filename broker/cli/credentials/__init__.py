"""``credentials``: the credentials of clients across all instances, without secrets."""

from __future__ import annotations

import click

from broker.cli.credentials.listing import list_
from broker.cli.credentials.report import report


@click.group()
def credentials() -> None:
    """List client credentials, and report those in use."""


credentials.add_command(list_)
credentials.add_command(report)
