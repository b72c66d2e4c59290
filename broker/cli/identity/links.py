"""One-time links to set a password, as commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from broker.identity.zone import OPERATOR_INDEX

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.settings.model import Settings


def link_url(settings: Settings, user: User, secret: str) -> str:
    """Return the URL of the link at the zone's address."""
    from broker.authentication.passwords.links import PATH  # noqa: PLC0415
    from broker.composition.addresses import addresses_of  # noqa: PLC0415

    addresses = addresses_of(settings)
    # The zone of the operators has no host of its own.
    is_operator = user.zone.index == OPERATOR_INDEX
    origin = addresses.shared_url if is_operator else addresses.url(user.zone.subdomain)
    return f"{origin}{PATH}?link={secret}"


def print_link(url: str) -> None:
    """Print the link with its lifetime."""
    click.echo("Hand this link over; it sets the password once, within 24 hours:")
    click.echo(f"  {url}")


def link_document(url: str | None) -> dict[str, Any]:
    """Return the member of a JSON document, which is null if there is no link."""
    return {"link": url}
