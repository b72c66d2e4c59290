"""``users add``."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.password_input import read_password
from broker.cli.identity.services import services
from broker.cli.identity.users.options import document, json_option, origin_option
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator
from broker.identity.user import LOCAL_ORIGIN, canonical_origin


@click.command()
@click.argument("name")
@zone_option
@click.option("--email", required=True, metavar="EMAIL", help="E-mail address.")
@click.option("--given-name", metavar="NAME", help="First name.")
@click.option("--family-name", metavar="NAME", help="Last name.")
@origin_option
@click.option(
    "--external-id", metavar="ID", help="The user's sub at the provider; not for sap.default."
)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password, one line, from stdin; required for sap.default.",
)
@json_option
def add(  # noqa: PLR0913, PLR0917 - one parameter per option
    name: str,
    zone: str,
    email: str,
    given_name: str | None,
    family_name: str | None,
    origin: str,
    external_id: str | None,
    *,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Create a user.

    Users of sap.default log on with a password. Users of other origins log on at their identity
    provider, which --external-id or, if its names are trusted, NAME identifies them for.
    """
    from broker.identity.users.add import NewUser  # noqa: PLC0415

    with report_errors():
        identity = services()
        if not password_stdin and canonical_origin(origin) == LOCAL_ORIGIN:
            raise click.UsageError(f"Give --password-stdin: users of {LOCAL_ORIGIN} need one.")
        password = read_password() if password_stdin else None
        requested = NewUser(name, email, given_name, family_name, origin, external_id)
        user = identity.add_user(operator(), zone, requested, password)
        provider = identity.providers.one(zone, user.origin).provider
    if external_id is None and not provider.is_local and not provider.has_trusted_names:
        click.secho(
            f"Warning: the names of {user.origin} are not trusted (trustedUserNames), and the user"
            " has no external id: a logon under this name is refused.",
            fg="yellow",
            err=True,
        )
    if as_json:
        click.echo(json.dumps(document(user), indent=2))
    else:
        click.echo(f"Created user {user.name} with id {user.user_id}.")
