"""``db``: the database schema."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from broker.cli.failures import clear_errors
from broker.cli.operator import operator
from broker.errors import ConfigurationError
from broker.settings.environment import load_settings


@click.group()
def db() -> None:
    """Create and upgrade the database schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema to the version of this code; safe to repeat."""
    from broker.composition.administration import upgrade_store  # noqa: PLC0415

    with clear_errors():
        before, after = upgrade_store(load_settings(), operator())
    click.echo(
        f"The database schema is current ({after})."
        if before == after
        else f"The database schema was upgraded from {before or 'nothing'} to {after}."
    )


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write a copy of the SQLite database to FILE, beside running servers.

    A server that starts on it refuses until it was reconciled: python -m broker doctor reconcile.
    """
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.restore_lock import back_up_sqlite  # noqa: PLC0415

    with clear_errors():
        bar = click.progressbar(length=1, label="Copying", file=sys.stderr)

        def show(left: int, of: int) -> None:
            bar.length = of
            bar.update(of - left - bar.pos)

        try:
            engine = open_command_store(load_settings()).engine
            with bar:
                back_up_sqlite(engine, file, show)
        except OSError as error:
            raise ConfigurationError(f"{file}: {error.strerror}.") from error
    click.echo(
        f"Backed up to {file}. Keep the master keys elsewhere: without them it is worthless."
    )
