"""``providers test``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.providers.options import json_option
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.table import format_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.collections.model import CollectionMapping
    from broker.relying_party.logon import VerifiedLogon

_MAX_LINE = 16_384


@click.command("test")
@click.argument("origin")
@zone_option
@json_option
def test(origin: str, zone: str, *, as_json: bool) -> None:
    """Test a logon at an identity provider without creating a user.

    Prints the URL at which to log on. Afterwards the browser shows an error page of this server:
    paste its URL. The response is verified as at a login. Shows the claims, the resulting user and
    the mappings to role collections that apply. The provider can be inactive.
    """
    from broker.composition.providers import open_trial  # noqa: PLC0415
    from broker.errors import LogonInvalid, ProviderUnavailable  # noqa: PLC0415

    with report_errors():
        logon_trial, mapped = open_trial(load_settings())
        try:
            trial = logon_trial.begin(zone, origin)
            click.echo(f"Open this URL and log on:\n\n{trial.url}\n", err=True)
            click.echo("URL of the error page: ", nl=False, err=True)
            address = sys.stdin.readline(_MAX_LINE + 1).strip()
            logon = logon_trial.finish(trial, address)
        except (LogonInvalid, ProviderUnavailable) as error:
            # An administrator of this server sees the reason, users do not.
            error.args = (f"{error} Reason: {error.reason}.",)
            raise
        applying = mapped(zone, origin, logon.snapshot)
    found = _document(logon, applying)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for title, values in (
        ("Claims", logon.claims),
        ("User", found["user"]),
        ("Attributes", found["attributes"]),
    ):
        click.echo(f"{title}:")
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value)
            click.echo(f"  {format_cell(name)}: {format_cell(text)}")
    click.echo("Role collections by mappings:" if applying else "No mapping applies.")
    for mapping in applying:
        click.echo(
            f"  {format_cell(mapping.collection)}: {format_cell(mapping.attribute)} ="
            f" {format_cell(mapping.value)}"
        )
    if logon.identity.omits_groups:
        click.echo("The provider sent no groups because the user is in too many of them.", err=True)


def _document(logon: VerifiedLogon, applying: Sequence[CollectionMapping]) -> dict[str, Any]:
    user = logon.identity
    return {
        "claims": dict(logon.claims),
        "user": {
            "external_id": user.sub,
            "name": user.name,
            "email": user.email,
            "email_verified": user.email_verified,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "phone": user.phone,
        },
        "attributes": {
            **{name: list(values) for name, values in logon.snapshot.attributes.items()},
            "Groups": list(logon.snapshot.groups),
        },
        "role_collections": [
            {"name": each.collection, "attribute": each.attribute, "value": each.value}
            for each in applying
        ],
        "omitted_groups": logon.identity.omits_groups,
    }
