"""``data-keys``: the keys that seal and digest what is in the database."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from broker.cli.durations import Duration
from broker.cli.failures import clear_errors
from broker.cli.operator import operator
from broker.cli.table import print_table
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from broker.composition.administration import Store


@click.group("data-keys")
def data_keys() -> None:
    """Replace master keys and data keys while servers run.

    To replace a master key: append the new one to XSUAA_MASTER_KEYS on every host, then move it to
    the front on every host, then run rewrap, then take the old one away.

    To replace the data keys: rotate, wait until every server knows them
    (XSUAA_KEY_RELOAD_INTERVAL), then reseal, and a day later retire.
    """


@data_keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(*, as_json: bool) -> None:
    """List the data keys, which master key wraps each, and how many values need it."""
    from broker.store.sealing.key_maintenance import list_keys  # noqa: PLC0415

    with clear_errors():
        states = list_keys(_store().engine)
    if as_json:
        document = [
            {
                "id": f"{state.id:x}",
                "purpose": state.purpose,
                "master_key": state.master_key_id,
                "created_at": state.created_at.isoformat(),
                "newest": state.is_newest,
                "uses": state.uses,
            }
            for state in states
        ]
        click.echo(json.dumps(document, indent=2))
        return
    print_table(
        ("KEY", "PURPOSE", "MASTER KEY", "CREATED", "NEWEST", "USES"),
        (
            (
                f"{state.id:x}",
                state.purpose,
                state.master_key_id,
                state.created_at,
                "yes" if state.is_newest else "no",
                state.uses,
            )
            for state in states
        ),
        empty="There are no data keys yet; start the server once.",
    )


@data_keys.command()
def rewrap() -> None:
    """Wrap all data keys with the first master key; safe to repeat."""
    from broker.store.sealing.key_maintenance import list_keys, rewrap  # noqa: PLC0415

    with clear_errors():
        store = _store()
        count = rewrap(store.engine, store.keys, operator())
        wrapping = sorted({state.master_key_id for state in list_keys(store.engine)})
    click.echo(f"Rewrapped {count} data key{'' if count == 1 else 's'}.")
    click.echo(f"Master keys in use: {', '.join(wrapping)}.")


@data_keys.command()
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(["seal", "digest"]),
    help="Of this purpose only.",
)
def rotate(purposes: tuple[str, ...]) -> None:
    """Add new data keys, which seal and digest what is written from now on."""
    from broker.store.sealing.data_keys import Purpose  # noqa: PLC0415
    from broker.store.sealing.key_maintenance import rotate  # noqa: PLC0415

    with clear_errors():
        settings = load_settings()
        store = _store()
        rotate(
            store.engine,
            store.keys,
            [Purpose(name) for name in purposes or Purpose],
            operator(),
        )
    click.echo(f"Servers use the new keys within {settings.key_reload_interval} seconds.")
    click.echo("Then move what there is to them: data-keys reseal")


@data_keys.command()
def reseal() -> None:
    """Move everything to the newest data keys; can be broken off and repeated."""
    from broker.store.sealing.reseal import Reseal  # noqa: PLC0415

    with clear_errors():
        store = _store()
        work = Reseal(store.engine, store.keys)
        bar = click.progressbar(length=work.total(), label="Resealing", file=sys.stderr)
        with bar as progress:
            done = work(operator(), progress.update)
    click.echo(f"Resealed {done.values} values and {done.digests} digests.")
    if done.without_text:
        click.echo(
            f"{len(done.without_text)} digests stay with their old keys until their bindings are"
            " replaced: their secrets are kept nowhere. The bindings:"
        )
        for each in done.without_text:
            click.echo(f"  {each}")


@data_keys.command()
@click.option(
    "--superseded-for",
    type=Duration(),
    default="25h",
    show_default=True,
    help="Only keys that had a successor for so long; tokens that they mark live a day.",
)
def retire(superseded_for: timedelta) -> None:
    """Delete data keys that nothing needs any more."""
    from broker.store.sealing.key_maintenance import retire  # noqa: PLC0415

    with clear_errors():
        store = _store()
        count, kept = retire(store.engine, superseded_for, operator())
    click.echo(f"Deleted {count} data key{'' if count == 1 else 's'}.")
    for state in kept:
        reason = f"{state.uses} values need it" if state.uses else "superseded only lately"
        click.echo(f"Kept {state.id:x} ({state.purpose}): {reason}.")


def _store() -> Store:
    from broker.composition.administration import open_command_store  # noqa: PLC0415

    return open_command_store(load_settings())
