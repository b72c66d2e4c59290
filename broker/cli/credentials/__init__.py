"""``credentials``: list, report and revoke credentials of all instances, without secrets."""

from __future__ import annotations

import click

from broker.cli.credentials.listing import list_
from broker.cli.credentials.report import report
from broker.cli.credentials.revoke import revoke


@click.group()
def credentials() -> None:
    """List, report and revoke client credentials."""


credentials.add_command(list_)
credentials.add_command(report)
credentials.add_command(revoke)
