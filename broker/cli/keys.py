"""``keys``: list, rotate and revoke signing keys."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import format_cell, print_table, wide_option

if TYPE_CHECKING:
    from broker.settings.model import Settings
    from broker.tokens.ports import StoredSigningKey
    from broker.tokens.rotation import KeyRotation


@click.group()
def keys() -> None:
    """List, rotate and revoke the keys that sign tokens."""


@keys.command(name="list")
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_(*, wide: bool, as_json: bool) -> None:
    """List all signing keys in signing order."""
    with report_errors():
        states = _rotation(load_settings()).states()
    if as_json:
        document = [
            {
                "id": key.kid,
                "state": state,
                "publish_at": key.publish_at.isoformat(),
                "sign_from": key.sign_from.isoformat(),
                "retire_at": key.retire_at and key.retire_at.isoformat(),
            }
            for key, state in states
        ]
        click.echo(json.dumps(document, indent=2))
        return
    print_table(
        ("KEY", "STATE", "PUBLISHED", "SIGNS FROM", "RETIRES"),
        ((key.kid, state, key.publish_at, key.sign_from, key.retire_at) for key, state in states),
        empty="There are no signing keys yet; the first start of a server creates one.",
        is_complete=wide,
        wide_only=("PUBLISHED", "RETIRES"),
    )


@keys.command()
@click.option("--force", is_flag=True, help="Sign at once, before verifiers know the key.")
def rotate(*, force: bool) -> None:
    """Publish the next signing key.

    It starts to sign once all verifiers can know it. With --force, that key, or one published
    earlier, signs at once: applications refuse its tokens until they fetch the keys again, for up
    to half an hour.
    """
    with report_errors():
        settings = load_settings()
        key = _rotation(settings).rotate(operator(), force=force)
    _print_schedule(key, settings.key_reload_interval)


@keys.command()
@click.argument("kid")
@click.option("--now", is_flag=True, help="Confirm that tokens signed with the key become invalid.")
def revoke(kid: str, *, now: bool) -> None:
    """Revoke the signing key KID at once, for example after a leak.

    All tokens signed with it become invalid. If it is the current signing key, another key replaces
    it at once. Applications trust the revoked key until they fetch the keys again.
    """
    if not now:
        click.echo(
            "Error: every token signed with this key becomes invalid; confirm with --now.\n"
            'To replace a key without failed requests, use "keys rotate".',
            err=True,
        )
        sys.exit(1)
    with report_errors():
        settings = load_settings()
        key = _rotation(settings).revoke(operator(), kid)
    click.echo(f"Key {kid} is revoked.")
    _print_schedule(key, settings.key_reload_interval)


def _rotation(settings: Settings) -> KeyRotation:
    from broker.composition.administration import key_rotation, open_command_store  # noqa: PLC0415

    store = open_command_store(settings)
    return key_rotation(settings, store.engine, store.keys)


def _print_schedule(key: StoredSigningKey, reload_interval: int) -> None:
    click.echo(f"Key {key.kid} signs from {format_cell(key.sign_from)}.")
    click.echo(f"All servers apply the change within {reload_interval} seconds.")
