"""The parameters that name a user, and the JSON document of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from broker.cli.identity.zone_option import zone_option
from broker.identity.user import LOCAL_ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from broker.identity.user import User
    from broker.identity.users.find import UserName

origin_option = click.option(
    "--origin",
    default=LOCAL_ORIGIN,
    show_default=True,
    help="Identity provider of the user.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def user_parameters(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument NAME, ``--origin``, ``--zone`` and ``--json``."""
    for add in (json_option, origin_option, zone_option, click.argument("name")):
        command = add(command)
    return command


def user_name(zone: str, origin: str, name: str) -> UserName:
    """Return the user that the parameters name."""
    from broker.identity.users.find import UserName  # noqa: PLC0415

    return UserName(zone, name, origin)


def document(user: User) -> dict[str, Any]:
    """Return the user as a JSON object; times in ISO 8601."""
    return {
        "id": user.user_id,
        "zone": user.zone.guid,
        "origin": user.origin,
        "name": user.name,
        "external_id": user.external_id,
        "email": user.email,
        "email_verified": user.email_verified,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "active": user.is_active,
        "created_at": _time(user.created_at),
        "updated_at": _time(user.updated_at),
        "last_logon_at": _time(user.last_logon_at),
        "previous_logon_at": _time(user.previous_logon_at),
    }


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
