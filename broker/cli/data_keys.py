"""``data-keys``: the keys that seal and digest values in the database."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from broker.cli.durations import Duration
from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import print_table, wide_option
from broker.runtime.waiting import waiting

if TYPE_CHECKING:
    from broker.composition.administration import Store


@click.group("data-keys")
def data_keys() -> None:
    """Replace master keys and data keys while servers run.

    To replace a master key: append the new one to XSUAA_MASTER_KEYS on every host, then move it to
    the front on every host, then run rewrap, then remove the old one.

    To replace the data keys: run rotate, wait until every server has loaded the new keys
    (XSUAA_KEY_RELOAD_INTERVAL), run reseal, and a day later run retire.
    """


@data_keys.command("list")
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(*, wide: bool, as_json: bool) -> None:
    """List data keys with their master keys and number of values."""
    from broker.store.sealing.key_maintenance import list_keys  # noqa: PLC0415

    with report_errors(), waiting("Counting values"):
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
        ("KEY", "PURPOSE", "MASTER KEY", "CREATED", "NEWEST", "VALUES"),
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
        empty="There are no data keys yet; the first start of a server creates them.",
        is_complete=wide,
    )


@data_keys.command()
def rewrap() -> None:
    """Wrap all data keys with the first master key; safe to repeat."""
    from broker.store.sealing.key_maintenance import list_keys, rewrap  # noqa: PLC0415

    with report_errors(), waiting("Rewrapping data keys and counting values"):
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
    help="Rotate only keys of this purpose.",
)
def rotate(purposes: tuple[str, ...]) -> None:
    """Create new data keys, used for all values written from now on."""
    from broker.store.sealing.data_keys import Purpose  # noqa: PLC0415
    from broker.store.sealing.key_maintenance import rotate  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        store = _store()
        rotate(
            store.engine,
            store.keys,
            [Purpose(name) for name in purposes or Purpose],
            operator(),
        )
    click.echo(f"Servers use the new keys within {settings.key_reload_interval} seconds.")
    click.echo("Then move existing values to the new keys: data-keys reseal")


@data_keys.command()
def reseal() -> None:
    """Move existing values to the newest data keys.

    Safe to interrupt and repeat.
    """
    from broker.store.sealing.reseal import Reseal  # noqa: PLC0415

    with report_errors():
        store = _store()
        work = Reseal(store.engine, store.keys)
        bar = click.progressbar(length=work.total(), label="Resealing", file=sys.stderr)
        with bar as progress:
            done = work(operator(), progress.update)
    click.echo(f"Resealed {done.values} values and {done.digests} digests.")
    if done.without_text:
        click.echo(
            f"{len(done.without_text)} digests keep their old keys, because their secrets are not"
            " stored. Replace these bindings before you retire the keys:"
        )
        for each in done.without_text:
            click.echo(f"  {each}")


@data_keys.command("bind-owners")
@click.option("--dry-run", is_flag=True, help="Only compare all values with their owners.")
def bind_owners(*, dry_run: bool) -> None:
    """Bind all values to their owners, once after an upgrade.

    Every server must run this version: earlier ones do not read bound values. All values are first
    compared with the owners of their rows; if one differs, nothing is changed. Safe to interrupt
    and repeat.
    """
    from broker.store.sealing.bind_owners import BindOwners  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        store = _store()
        work = BindOwners(store.engine, store.keys)
        bar = click.progressbar(length=work.total(), label="Binding", file=sys.stderr)
        with bar as progress:
            result = work.compare(progress.update) if dry_run else work(operator(), progress.update)
    if result.was_finished:
        click.echo("All values are bound to their owners already.")
        return
    for each in result.contradictions:
        click.echo(each.problem)
    if result.contradictions:
        click.echo(
            f"Nothing was changed: {len(result.contradictions)} values do not belong to the owners"
            " of their rows. Restore these rows, or delete their bindings, and repeat."
        )
        sys.exit(1)
    if dry_run:
        click.echo("Nothing was changed; all values belong to the owners of their rows.")
        return
    done = result.done
    click.echo(
        f"Bound {done.values} values, {done.digests} digests and {done.owners} other rows to their"
        " owners."
    )
    if result.left:
        click.echo("These values are not bound, because an earlier version has written them:")
        for name in result.left:
            click.echo(f"  {name}")
        click.echo("Stop all servers and commands of earlier versions, and repeat.")
        sys.exit(1)
    click.echo(
        "Servers refuse values that are not bound within"
        f" {settings.key_reload_interval} seconds. Old data keys: data-keys retire, a day later."
    )


@data_keys.command()
@click.option(
    "--superseded-for",
    type=Duration(),
    default="25h",
    show_default=True,
    help="Minimum time since a key was replaced; tokens marked with it live up to a day.",
)
def retire(superseded_for: timedelta) -> None:
    """Delete data keys that are no longer needed."""
    from broker.store.sealing.key_maintenance import retire  # noqa: PLC0415

    with report_errors(), waiting("Counting values"):
        store = _store()
        count, kept = retire(store.engine, superseded_for, operator())
    click.echo(f"Deleted {count} data key{'' if count == 1 else 's'}.")
    for state in kept:
        reason = f"{state.uses} values use it" if state.uses else "superseded too recently"
        click.echo(f"Kept {state.id:x} ({state.purpose}): {reason}.")


def _store() -> Store:
    from broker.composition.administration import open_command_store  # noqa: PLC0415

    return open_command_store(load_settings())
