"""One-time links to set a password, as commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.settings.model import Settings


def link_url(settings: Settings, user: User, secret: str) -> str:
    """Return the URL of the link at the zone's address."""
    from broker.authentication.passwords.links import PATH  # noqa: PLC0415
    from broker.composition.addresses import addresses_of  # noqa: PLC0415

    return f"{addresses_of(settings).url(user.zone.subdomain)}{PATH}?link={secret}"


def print_link(url: str, *, as_json: bool, command: str) -> None:
    """Print the link with its lifetime, and the command that sets the password without its page.

    As JSON, the link is a member of the caller's document.
    """
    if not as_json:
        click.echo("Hand this link over; it sets the password once, within 24 hours:")
        click.echo(f"  {url}")
    click.echo(
        "This version has no page for the link; it comes with the login pages of a later version."
        f"\nUntil then, set the password with: {command} --password-stdin",
        err=True,
    )


def link_document(url: str | None) -> dict[str, Any]:
    """Return the member of a JSON document, which is null if there is no link."""
    return {"link": url}
