"""``keys``: list, rotate and revoke signing keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator

if TYPE_CHECKING:
    from datetime import datetime

    from broker.settings.model import Settings
    from broker.tokens.ports import StoredSigningKey
    from broker.tokens.rotation import KeyRotation


@click.group()
def keys() -> None:
    """List, rotate and revoke the keys that sign tokens."""


@keys.command(name="list")
def list_() -> None:
    """List all signing keys in signing order; times are UTC."""
    with report_errors():
        states = _rotation(load_settings()).states()
    line = "{:<28}{:<12}{:<21}{:<21}{}"
    click.echo(line.format("KEY", "STATE", "PUBLISHED", "SIGNS FROM", "RETIRES"))
    for key, state in states:
        times = (key.publish_at, key.sign_from, key.retire_at)
        click.echo(line.format(key.kid, state, *map(_format_time, times)))


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
    click.echo(f"Key {key.kid} signs from {_format_time(key.sign_from)}.")
    click.echo(f"All servers apply the change within {reload_interval} seconds.")


def _format_time(time: datetime | None) -> str:
    return "-" if time is None else f"{time:%Y-%m-%d %H:%M:%S}Z"
