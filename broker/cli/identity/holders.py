"""``roles holders``: who has a scope of an application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.table import print_table, wide_option

if TYPE_CHECKING:
    from broker.authorization.views.scope_holders import ScopeHolder, ScopeHolders

_MAX_LIMIT = 10_000


@click.command()
@zone_option
@click.option(
    "--client",
    required=True,
    metavar="CLIENT",
    help="Client id, application id, xsappname, or service instance.",
)
@click.option("--scope", required=True, metavar="SCOPE", help="Scope of the application.")
@click.option("--text", default="", help="Part of the name or e-mail address of users.")
@click.option(
    "--limit",
    type=click.IntRange(1, _MAX_LIMIT),
    default=1000,
    show_default=True,
    help="Maximal number of assignments.",
)
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def holders(  # noqa: PLR0913 - one parameter per option
    zone: str, client: str, scope: str, text: str, limit: int, *, wide: bool, as_json: bool
) -> None:
    """List the users who have a scope.

    Active users to whom a role collection with the scope is assigned, and the mappings that give
    such a role collection: whose users these concern is known with each logon only.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415

    with report_errors():
        read = open_identity(load_settings()).scope_holders
        found = read.in_zone(zone, client, scope, text=text, limit=limit)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
        return
    if found.is_of_every_user:
        click.echo(f"Every user has {found.scope} without a role, if the client may have it.")
        return
    print_table(
        ("USER", "ORIGIN", "ROLE COLLECTION", "IN TOKENS", "ASSIGNED BY", "UNTIL"),
        [_row(each) for each in found.holders],
        empty="No active user has the scope by an assignment.",
        is_complete=wide,
        wide_only=("ASSIGNED BY", "UNTIL"),
    )
    if found.mappings:
        click.echo("")
        print_table(
            ("MAPPED ROLE COLLECTION", "ORIGIN", "ATTRIBUTE", "VALUE"),
            [(each.collection, each.origin, each.attribute, each.value) for each in found.mappings],
            empty="",
            is_complete=wide,
        )
    if found.is_partial:
        click.echo("More role collections contain the scope than were read.", err=True)


def _row(holder: ScopeHolder) -> tuple[object, ...]:
    assigned = holder.assigned
    removed = "; ".join(holder.removals)
    return (
        assigned.user.name,
        assigned.user.origin,
        holder.collection,
        f"no: {removed}" if removed else "yes",
        assigned.created_by,
        assigned.expires_at or "",
    )


def _document(found: ScopeHolders) -> dict[str, Any]:
    return {
        "scope": found.scope,
        "client": found.client.client_id,
        "role_collections": found.collections,
        "every_user": found.is_of_every_user,
        "complete": not found.is_partial,
        "users": [
            {
                "id": each.assigned.user.user_id,
                "name": each.assigned.user.name,
                "origin": each.assigned.user.origin,
                "role_collection": each.collection,
                "granted": not each.removals,
                "removed_by": "; ".join(each.removals) or None,
                "assigned_by": each.assigned.created_by,
                "expires_at": each.assigned.expires_at and each.assigned.expires_at.isoformat(),
            }
            for each in found.holders
        ],
        "mappings": [
            {
                "role_collection": each.collection,
                "origin": each.origin,
                "attribute": each.attribute,
                "value": each.value,
            }
            for each in found.mappings
        ],
    }
