"""``keys``: the keys that sign tokens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from broker.cli.failures import clear_errors
from broker.cli.operator import operator
from broker.settings.environment import load_settings

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
    """Show all signing keys, in the order in which they sign; times are UTC."""
    with clear_errors():
        states = _rotation(load_settings()).states()
    line = "{:<28}{:<12}{:<21}{:<21}{}"
    click.echo(line.format("KEY", "STATE", "PUBLISHED", "SIGNS FROM", "RETIRES"))
    for key, state in states:
        times = (key.publish_at, key.sign_from, key.retire_at)
        click.echo(line.format(key.kid, state, *map(_shown, times)))


@keys.command()
@click.option("--force", is_flag=True, help="Sign at once; verifiers learn of it only later.")
def rotate(*, force: bool) -> None:
    """Publish the next signing key, which signs once all verifiers can know it.

    With --force it signs at once, or the one that waits does: applications refuse its tokens until
    they fetch the keys again, for at most half an hour.
    """
    with clear_errors():
        settings = load_settings()
        key = _rotation(settings).rotate(operator(), force=force)
    _tell_when(key, settings.key_reload_interval)


@keys.command()
@click.argument("kid")
@click.option("--now", is_flag=True, help="Confirm that tokens signed with it fail from now on.")
def revoke(kid: str, *, now: bool) -> None:
    """End the signing key KID at once, because somebody else may have it.

    All tokens signed with it become invalid. If it signs at the moment, another key does so at
    once. Applications trust the revoked key until they fetch the keys again.
    """
    if not now:
        click.echo(
            "Error: this ends every token signed with the key; say --now if you mean it.\n"
            'To replace a key without a failed request: "keys rotate".',
            err=True,
        )
        sys.exit(1)
    with clear_errors():
        settings = load_settings()
        key = _rotation(settings).revoke(operator(), kid)
    click.echo(f"Key {kid} is revoked.")
    _tell_when(key, settings.key_reload_interval)


def _rotation(settings: Settings) -> KeyRotation:
    from broker.composition.administration import key_rotation, open_store  # noqa: PLC0415
    from broker.logs.structured import configure_logging  # noqa: PLC0415

    configure_logging(settings.log_level, as_json=settings.logs_json, stream="stderr")
    store = open_store(settings)
    return key_rotation(settings, store.engine, store.keys)


def _tell_when(key: StoredSigningKey, reload_interval: int) -> None:
    click.echo(f"Key {key.kid} signs from {_shown(key.sign_from)}.")
    click.echo(f"All servers know that within {reload_interval} seconds.")


def _shown(time: datetime | None) -> str:
    return "-" if time is None else f"{time:%Y-%m-%d %H:%M:%S}Z"
