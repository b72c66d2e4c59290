"""``providers add``."""

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
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.operator import operator


@click.command()
@click.argument("origin")
@zone_option
@configuration_options
@click.option("--type", "type_", default="oidc1.0", show_default=True, help="Type of provider.")
@click.option("--inactive", is_flag=True, help="Users cannot log on with it yet.")
@json_option
def add(  # noqa: PLR0913, PLR0917 - one parameter per option
    origin: str,
    zone: str,
    file: IO[bytes] | None,
    issuer: str | None,
    client_id: str | None,
    name: str | None,
    type_: str,
    *,
    secret_stdin: bool,
    inactive: bool,
    as_json: bool,
) -> None:
    """Add an identity provider that speaks OpenID Connect.

    ORIGIN is its key in tokens and commands; it cannot be changed. Members of the configuration
    have the names of the XSUAA API, such as attributeMappings, and are read from --file.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415
    from broker.identity.providers.administer import NewProvider  # noqa: PLC0415

    with report_errors():
        given = configuration(file, issuer, client_id, secret_stdin=secret_stdin)
        new = NewProvider(origin, given, name or "", type_, is_active=not inactive)
        added = open_identity(load_settings()).providers.add(operator(), zone, new)
    if as_json:
        print_document(document(added), as_json=True)
    else:
        click.echo(f"Added identity provider {added.origin}.")
