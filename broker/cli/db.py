"""``db``: upgrade the database schema, back up SQLite."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.errors import ConfigurationError
from broker.runtime.waiting import waiting


@click.group()
def db() -> None:
    """Upgrade the database schema; back up SQLite."""


@db.command()
def upgrade() -> None:
    """Create or upgrade the schema to this version; safe to repeat."""
    from broker.composition.administration import upgrade_store  # noqa: PLC0415

    with report_errors(), waiting("Upgrading the schema") as step:
        before, after = upgrade_store(load_settings(creates=True), operator(), step)
    click.echo(
        f"The database schema is current ({after})."
        if before == after
        else f"The database schema was upgraded from {before or 'an empty database'} to {after}."
    )


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Copy the SQLite database to FILE while servers run.

    Servers refuse to start on the copy until it is reconciled (doctor reconcile).
    """
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.restore_lock import back_up_sqlite  # noqa: PLC0415

    with report_errors():
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
        f"Backed up to {file}. Store the master keys elsewhere: they are needed to decrypt it."
    )
