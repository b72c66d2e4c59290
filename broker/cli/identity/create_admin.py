"""``users create-admin`` and ``operators create-admin``: the first administrators (I-24)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.identity.links import link_document, link_url, print_link
from broker.cli.identity.password_input import read_password
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.operator import operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.user import User
    from broker.settings.model import Settings


def _administrator_options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option(
            "--password-stdin",
            is_flag=True,
            help="Read the password, one line, from stdin; else a setup link is printed.",
        ),
        click.option("--email", metavar="EMAIL", help="E-mail address."),
        click.option("--name", required=True, metavar="NAME", help="Name of the user."),
    )
    for add in options:
        command = add(command)
    return command


@click.command("create-admin")
@zone_option
@_administrator_options
def create_zone_admin(
    zone: str, name: str, email: str | None, *, password_stdin: bool, as_json: bool
) -> None:
    """Create an administrator of a zone.

    The user of sap.default gets the role collection "Subaccount Administrator".
    """
    _create(zone, name, email, password_stdin=password_stdin, as_json=as_json)


@click.command("create-admin")
@_administrator_options
def create_operator(name: str, email: str | None, *, password_stdin: bool, as_json: bool) -> None:
    """Create an operator.

    The user of the operator's zone gets the role collection "Operator".
    """
    _create(None, name, email, password_stdin=password_stdin, as_json=as_json)


def _create(
    zone: str | None, name: str, email: str | None, *, password_stdin: bool, as_json: bool
) -> None:
    from broker.composition.identity import open_identity  # noqa: PLC0415
    from broker.identity.users.add import NewUser  # noqa: PLC0415

    requested = NewUser(name, email)
    with report_errors():
        settings = load_settings()
        create = open_identity(settings).create_administrator
        password = read_password() if password_stdin else None
        user, secret = (
            create.operator(operator(), requested, password)
            if zone is None
            else create.of_zone(operator(), zone, requested, password)
        )
    kind = "operator" if zone is None else "administrator"
    _report(settings, kind, user, secret, as_json=as_json)


def _report(
    settings: Settings, kind: str, user: User, secret: str | None, *, as_json: bool
) -> None:
    url = None if secret is None else link_url(settings, user, secret)
    if as_json:
        document = {"id": user.user_id, "name": user.name, "zone": user.zone.guid}
        click.echo(json.dumps({**document, **link_document(url)}, indent=2))
        return
    click.echo(f"Created {kind} {user.name} in zone {user.zone.subdomain}.")
    if url:
        print_link(url)
