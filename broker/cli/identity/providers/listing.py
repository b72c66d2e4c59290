"""``providers list`` and ``providers show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.providers.options import (
    as_text,
    document,
    json_option,
    print_document,
)
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.table import print_table, wide_option

if TYPE_CHECKING:
    from broker.identity.providers.administer import ProviderState


@click.command("list")
@zone_option
@wide_option
@json_option
def list_(zone: str, *, wide: bool, as_json: bool) -> None:
    """List the identity providers of a zone.

    sap.default is the zone's own user store.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415

    with report_errors():
        found = open_identity(load_settings()).providers.all(zone)
    if as_json:
        click.echo(as_text([_document(each) for each in found]))
        return
    print_table(
        ("ORIGIN", "NAME", "ACTIVE", "USERS", "MAPPINGS", "ISSUER"),
        [
            (
                each.provider.origin,
                each.provider.name,
                "yes" if each.provider.is_active else "no",
                each.users,
                each.mappings,
                each.provider.issuer,
            )
            for each in found
        ],
        empty="",
        is_complete=wide,
    )


@click.command()
@click.argument("origin")
@zone_option
@json_option
def show(origin: str, zone: str, *, as_json: bool) -> None:
    """Show an identity provider, without its client secret."""
    from broker.composition.identity import open_identity  # noqa: PLC0415

    with report_errors():
        found = open_identity(load_settings()).providers.one(zone, origin)
    print_document(_document(found), as_json=as_json)


def _document(state: ProviderState) -> dict[str, Any]:
    return {**document(state.provider), "users": state.users, "mappings": state.mappings}
