"""``providers delete``."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.providers.options import json_option
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator
from broker.settings.environment import load_settings


@click.command()
@click.argument("origin")
@zone_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
def delete(origin: str, zone: str, *, yes: bool, as_json: bool) -> None:
    """Delete an identity provider with its users and role mappings.

    Their sessions, tokens and role collections end. A provider that is added again gets new users.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415

    with report_errors():
        providers = open_identity(load_settings()).providers
        found = providers.one(zone, origin)
        if not yes:
            click.confirm(
                f"Delete identity provider {found.provider.origin} with {found.users} users and"
                f" {found.mappings} role mappings?",
                abort=True,
                err=True,
            )
        deleted = providers.delete(operator(), zone, origin)
    if as_json:
        document = {
            "origin": deleted.provider.origin,
            "users": deleted.users,
            "mappings": deleted.mappings,
        }
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(
            f"Deleted {deleted.provider.origin}, {deleted.users} users and"
            f" {deleted.mappings} role mappings."
        )
