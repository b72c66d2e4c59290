"""``users set-password``."""

from __future__ import annotations

import json

import click

from broker.cli.failures import report_errors
from broker.cli.identity.links import link_document, link_url, print_link
from broker.cli.identity.password_input import read_password
from broker.cli.identity.users.options import json_option
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.operator import operator


@click.command("set-password")
@click.argument("name")
@zone_option
@click.option("--password-stdin", is_flag=True, help="Read the password, one line, from stdin.")
@click.option(
    "--must-change", is_flag=True, help="The user has to choose another password at the next logon."
)
@click.option("--link", is_flag=True, help="Print a link with which the user sets the password.")
@json_option
def set_password(  # noqa: PLR0913 - one parameter per option
    name: str, zone: str, *, password_stdin: bool, must_change: bool, link: bool, as_json: bool
) -> None:
    """Set the password of a user of sap.default.

    Ends all sessions and tokens of the user. With --link the present password stays valid until
    the user sets another one.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415

    url = None
    with report_errors():
        settings = load_settings()
        if password_stdin == link:
            raise click.UsageError("Give either --password-stdin or --link.")
        if link and must_change:
            raise click.UsageError("--must-change requires --password-stdin.")
        identity = open_identity(settings)
        if link:
            user, secret = identity.password_links.reset(operator(), zone, name)
            url = link_url(settings, user, secret)
        else:
            user = identity.set_password.in_zone(
                operator(), zone, name, read_password(), change_required=must_change
            )
    if as_json:
        document = {"id": user.user_id, "name": user.name, "must_change": must_change}
        click.echo(json.dumps({**document, **link_document(url)}, indent=2))
    elif url:
        print_link(url)
    else:
        click.echo(f"Set the password of user {user.name} and ended all sessions and tokens.")
