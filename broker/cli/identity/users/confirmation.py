"""Confirmation of changes that leave a zone without an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from broker.identity.providers.provider import Provider
    from broker.identity.user import User


def confirm_last_administrator(user: User, verb: str) -> None:
    """Warn that the zone has no other administrator, and ask; abort if the answer is no (I-160)."""
    warn_of_last_administrator(user)
    click.confirm(f"{verb} the user?", abort=True, err=True)


def warn_of_last_administrator(user: User) -> None:
    """Warn on stderr that the zone has no other administrator."""
    _warn(f"{user.name} is the last active administrator of zone {user.zone.subdomain}.")


def warn_of_only_administrators(provider: Provider) -> None:
    """Warn on stderr that the zone has no administrators of other identity providers (I-160)."""
    zone = provider.zone.subdomain
    _warn(f"only users of {provider.origin} are active administrators of zone {zone}.")


def _warn(sentence: str) -> None:
    click.secho(f"Warning: {sentence}", fg="yellow", err=True)
