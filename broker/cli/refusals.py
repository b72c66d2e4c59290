"""``refusals``: failed authentications at the token service."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.table import print_table, wide_option


@click.group()
def refusals() -> None:
    """List failed authentications of clients."""


@refusals.command(name="list")
@click.option("--limit", default=50, show_default=True, help="Maximum number of rows.")
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(limit: int, *, wide: bool, as_json: bool) -> None:
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
    if as_json:
        document = [{**asdict(row), "minute": row.minute.isoformat()} for row in found]
        click.echo(json.dumps(document, indent=2))
        return
    print_table(
        ("MINUTE", "ATTEMPTS", "SOURCE", "CLIENT", "REASON"),
        ((row.minute, row.attempts, row.source, row.client_id, row.reason) for row in found),
        empty="No refusals found.",
        is_complete=wide,
    )
