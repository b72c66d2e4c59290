"""``providers set``."""

from __future__ import annotations

from typing import IO

import click

from broker.cli.failures import report_errors
from broker.cli.identity.providers.options import (
    configuration,
    configuration_options,
    document,
    json_option,
    print_document,
)
from broker.cli.identity.services import services
from broker.cli.identity.users.confirmation import warn_of_only_administrators
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator


@click.command("set")
@click.argument("origin")
@zone_option
@configuration_options
@click.option("--active/--inactive", "is_active", default=None, help="Whether users can log on.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
def set_(  # noqa: PLR0913, PLR0917 - one parameter per option
    origin: str,
    zone: str,
    file: IO[bytes] | None,
    issuer: str | None,
    client_id: str | None,
    name: str | None,
    *,
    secret_stdin: bool,
    is_active: bool | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Change an identity provider; what is not given stays.

    Members in --file replace those of the same name, null restores a default. --inactive ends the
    sessions and tokens of its users. While it has users, its issuer, client id, URLs and the
    mapping of user_name cannot change. sap.default, the zone's own users, has a name and can be
    inactive. Asks before the zone's only administrators cannot log on any more.
    """
    from broker.identity.providers.administer import ProviderChanges  # noqa: PLC0415

    with report_errors():
        given = configuration(file, issuer, client_id, secret_stdin=secret_stdin)
        changes = ProviderChanges(name, is_active, given)
        providers = services().providers
        before = providers.one(zone, origin).provider
        is_switched_off = is_active is False and before.is_active
        if is_switched_off and providers.has_only_administrators(zone, origin):
            warn_of_only_administrators(before)
            if not yes:
                click.confirm("Set the provider to inactive?", abort=True, err=True)
        changed = providers.change(operator(), zone, origin, changes)
    if as_json:
        print_document(document(changed), as_json=True)
    else:
        state = "active" if changed.is_active else "inactive"
        click.echo(
            f"Identity provider {changed.origin} is {state}, version {changed.version}."
            + (" Ended all sessions and tokens of its users." if is_switched_off else "")
        )
