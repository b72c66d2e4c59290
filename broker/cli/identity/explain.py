"""``roles explain``: which scopes a user has at a client, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.authorization.decision.path import Path, Removal
from broker.cli.failures import report_errors
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.table import format_cell
from broker.identity.user import LOCAL_ORIGIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.authorization.decision.explanation import ExplainedScope
    from broker.authorization.explain_rights import ExplainedRights


@click.command()
@zone_option
@click.option("--user", required=True, metavar="NAME", help="Name or id of the user.")
@click.option("--origin", default=LOCAL_ORIGIN, show_default=True, help="Origin of the user.")
@click.option(
    "--client",
    required=True,
    metavar="CLIENT",
    help="Client id, application id, xsappname, or service instance.",
)
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="Explain this scope only.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(  # noqa: PLR0913 - one parameter per option
    zone: str, user: str, origin: str, client: str, scopes: tuple[str, ...], *, as_json: bool
) -> None:
    """Explain the scopes of a user's tokens.

    For each scope that the client's next token for the user contains: the role collection, role and
    role template that contain it. For any other: all that removed it, and for scopes that are named
    the role collections that contain them.
    """
    from broker.authorization.explain_rights import UserQuery  # noqa: PLC0415
    from broker.composition.identity import open_identity  # noqa: PLC0415

    with report_errors():
        explain_rights = open_identity(load_settings()).explain_rights
        found = explain_rights(zone, UserQuery(user, origin), client, scopes)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
    else:
        _print(found)


def _print(found: ExplainedRights) -> None:
    explanation = found.explanation
    user, client = format_cell(found.user.name), found.client.client_id
    click.echo(f"Tokens of {user} ({found.user.origin}) for {client}:")
    granted = [each for each in explanation.scopes if each.is_granted]
    missing = [each for each in explanation.scopes if not each.is_granted]
    for title, scopes in (("Granted scopes", granted), ("Missing scopes", missing)):
        if scopes:
            click.secho(f"\n{title}", bold=True)
        for scope in scopes:
            _print_scope(scope)
    _print_values("Attributes", explanation.rights.attributes)
    _print_values("Role collections", {"": explanation.collections})


def _print_scope(scope: ExplainedScope) -> None:
    click.echo(format_cell(scope.scope))
    for path in scope.paths:
        if path.removal is None or not scope.is_granted:
            removed = "" if path.removal is None else f" - removed: {_reason(path)}"
            click.echo(f"  {format_cell(_way(path) + removed)}")
    if not scope.is_granted:
        for path in scope.candidates:
            others = f" - also missing: {_reason(path)}" if path.removals else ""
            click.echo(f"  {format_cell('can be assigned: ' + _way(path) + others)}")


def _way(path: Path) -> str:
    """Return the path from collection to template; every user has the other scopes."""
    if not path.role:
        return "every user" if path.is_of_every_user else "no role collection"
    by = "assigned"
    if path.mapping is not None:
        by = f"mapped by {path.mapping[0]} = {path.mapping[1]}"
    elif path.expires_at is not None:
        by = f"assigned until {format_cell(path.expires_at)}"
    return (
        f"role collection {path.collection} ({by}) > role {path.role}"
        f" > role template {path.template} of {path.app_id}"
    )


def _reason(path: Path) -> str:
    return "; ".join(
        f"{each} ({path.detail})" if each is Removal.NO_VALUE and path.detail else each
        for each in path.removals
    )


def _print_values(title: str, values: Mapping[str, Sequence[str]]) -> None:
    if any(values.values()):
        click.secho(f"\n{title}", bold=True)
    for name, each in values.items():
        if each:
            click.echo("  " + format_cell(f"{name}: " * bool(name) + ", ".join(each)))


def _document(found: ExplainedRights) -> dict[str, Any]:
    user, explanation = found.user, found.explanation
    return {
        "user": {"id": user.user_id, "name": user.name, "origin": user.origin},
        "client": found.client.client_id,
        "zone": user.zone.guid,
        "scopes": [
            {
                "scope": each.scope,
                "granted": each.is_granted,
                "paths": [_path_document(path) for path in each.paths],
                "role_collections": sorted({path.collection for path in each.candidates}),
            }
            for each in explanation.scopes
        ],
        "role_collections": explanation.collections,
        "attributes": explanation.rights.attributes,
        "system_attributes": explanation.rights.system_attributes,
    }


def _path_document(path: Path) -> dict[str, Any]:
    mapping = path.mapping and {"attribute": path.mapping[0], "value": path.mapping[1]}
    return {
        "role_collection": path.collection or None,
        "mapping": mapping,
        "expires_at": path.expires_at and path.expires_at.isoformat(),
        "role": path.role or None,
        "role_template": path.template or None,
        "application": path.app_id or None,
        "removed_by": _reason(path) or None,
    }
