"""``credentials``: what applications authenticate with."""

from __future__ import annotations

import click

from broker.cli.credential_report import report


@click.group()
def credentials() -> None:
    """Tell which credentials there are and who uses them."""


credentials.add_command(report)
