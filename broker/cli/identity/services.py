"""The services behind the commands, opened once per command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.installation import load_settings
from broker.cli.table import format_cell

if TYPE_CHECKING:
    from broker.authorization.collections.model import RoleKey
    from broker.composition.identity import IdentityAdministration

_OPENED = "xsuaa-identity-administration"

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def services() -> IdentityAdministration:
    """Return the services; raise ConfigurationError if the schema is not current."""
    from broker.composition.identity import open_identity  # noqa: PLC0415

    meta = click.get_current_context().meta
    if _OPENED not in meta:
        meta[_OPENED] = open_identity(load_settings())
    opened: IdentityAdministration = meta[_OPENED]
    return opened


def role_key(
    identity: IdentityAdministration, zone: str, app_id: str, template: str, role: str | None
) -> RoleKey:
    """Return the named role, or the template's default role; raise NotFound without one."""
    from broker.authorization.collections.model import RoleKey  # noqa: PLC0415
    from broker.errors import NotFound  # noqa: PLC0415

    if role is not None:
        return RoleKey(app_id, template, role)
    for each in identity.zone_roles.all(zone):
        if each.is_default and (each.key.app_id, each.key.template) == (app_id, template):
            return each.key
    raise NotFound(
        f"Template {template[:64]!a} of application {app_id[:64]!a} has no default role in this"
        " zone; name a role with --role."
    )


def print_done(text: str, document: dict[str, Any], *, as_json: bool) -> None:
    """Print the sentence, or the document as JSON."""
    click.echo(json.dumps(document, indent=2) if as_json else format_cell(text))
