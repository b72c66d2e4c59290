"""Confirmation of changes that leave a zone without an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from broker.identity.user import User


def confirm_last_administrator(user: User, verb: str) -> None:
    """Warn that the zone has no other administrator, and ask; abort if the answer is no (I-160)."""
    warn_of_last_administrator(user)
    click.confirm(f"{verb} the user?", abort=True, err=True)


def warn_of_last_administrator(user: User) -> None:
    """Warn on stderr that the zone has no other administrator."""
    click.secho(
        f"Warning: {user.name} is the last active administrator of zone {user.zone.subdomain}.",
        fg="yellow",
        err=True,
    )
