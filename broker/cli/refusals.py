"""``refusals``: failed authentications at the token service."""

from __future__ import annotations

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings


@click.group()
def refusals() -> None:
    """List failed authentications of clients."""


@refusals.command(name="list")
@click.option("--limit", default=50, show_default=True, help="Maximum number of rows.")
def list_(limit: int) -> None:
    """List counts per minute, credential or address, and reason.

    The newest rows are last; times are UTC.
    """
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.credentials.refusal_trail import StoredRefusals  # noqa: PLC0415
    from broker.store.transactions import StoreTransactions  # noqa: PLC0415

    with report_errors():
        store = open_command_store(load_settings())
        transactions = StoreTransactions(store.engine, store.keys)
        found = StoredRefusals(store.engine, transactions).newest(limit)
    line = "{:<19}{:>9}  {:<45}{:<42}{}"
    click.echo(line.format("MINUTE", "ATTEMPTS", "SOURCE", "CLIENT", "REASON"))
    for row in found:
        minute = f"{row.minute:%Y-%m-%d %H:%M}Z"
        client = row.client_id or "-"
        click.echo(line.format(minute, row.attempts, row.source, client, row.reason or "-"))
