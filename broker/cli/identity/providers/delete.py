"""``providers delete``."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.providers.options import json_option
from broker.cli.identity.services import services
from broker.cli.identity.users.confirmation import warn_of_only_administrators
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator


@click.command()
@click.argument("origin")
@zone_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
def delete(origin: str, zone: str, *, yes: bool, as_json: bool) -> None:
    """Delete an identity provider with its users and role mappings.

    Their sessions, tokens and role collections end. A provider that is added again gets new users.
    """
    from broker.authorization.collections.model import Use  # noqa: PLC0415

    with report_errors():
        providers = services().providers
        found = providers.one(zone, origin)
        if providers.has_only_administrators(zone, origin):
            warn_of_only_administrators(found.provider)
        if not yes:
            used = Use(found.users, found.mappings)
            click.confirm(
                f"Delete identity provider {found.provider.origin} with {used}?",
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
        used = Use(deleted.users, deleted.mappings)
        click.echo(f"Deleted identity provider {deleted.provider.origin} with {used}.")
