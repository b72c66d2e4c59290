"""``db``: the database schema."""

from __future__ import annotations

import click

from broker.cli.failures import clear_errors
from broker.environment import load_settings


@click.group()
def db() -> None:
    """Create and upgrade the database schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema to the version of this code; safe to repeat."""
    from broker.app import upgrade_store  # noqa: PLC0415

    with clear_errors():
        before, after = upgrade_store(load_settings())
    click.echo(
        f"The database schema is current ({after})."
        if before == after
        else f"The database schema was upgraded from {before or 'nothing'} to {after}."
    )
