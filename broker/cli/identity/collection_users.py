"""``role-collections assign|unassign|map|unmap``: who has a role collection."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.services import json_option, print_done, services
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authorization.collections.model import CollectionMapping

_origin = click.option(
    "--origin", default="sap.default", show_default=True, help="Identity provider of the user."
)
_user = click.option("--user", required=True, metavar="NAME", help="Name of the user.")


@click.command()
@click.argument("collection")
@_user
@_origin
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    metavar="TIME",
    help="When the assignment ends, in UTC: 2030-12-31 or 2030-12-31T18:00:00.",
)
@click.option("--note", help="Reason of the assignment.")
@zone_option
@json_option
def assign(
    collection: str,
    zone: str,
    *,
    as_json: bool,
    expires: datetime | None,
    note: str | None,
    **user: str,
) -> None:
    """Assign a role collection to a user."""
    from broker.authorization.collections.assign import Terms  # noqa: PLC0415
    from broker.identity.users.find import UserName  # noqa: PLC0415

    named = UserName(zone, user["user"], user["origin"])
    terms = Terms(expires.replace(tzinfo=UTC) if expires else None, note)
    with report_errors():
        changed = services().assign_collections.assign(operator(), named, collection, terms)
    text = "was assigned to" if changed else "is already assigned to"
    print_done(
        f'Role collection "{collection}" {text} {named.name}.',
        {"collection": collection, "user": named.name, "changed": changed},
        as_json=as_json,
    )


@click.command()
@click.argument("collection")
@_user
@_origin
@zone_option
@json_option
def unassign(collection: str, user: str, origin: str, zone: str, *, as_json: bool) -> None:
    """End the assignment of a role collection to a user."""
    from broker.identity.users.find import UserName  # noqa: PLC0415

    named = UserName(zone, user, origin)
    with report_errors():
        changed = services().assign_collections.unassign(operator(), named, collection)
    text = "is no longer assigned to" if changed else "was not assigned to"
    print_done(
        f'Role collection "{collection}" {text} {user}.',
        {"collection": collection, "user": user, "changed": changed},
        as_json=as_json,
    )


def _mapping_options(command: Any) -> Any:
    for option in (
        click.option("--value", help="Value of the attribute."),
        click.option("--attribute", help="Name of the provider's attribute."),
        click.option("--group", help="Group of the provider: short for --attribute Groups."),
        click.option("--origin", required=True, help="Identity provider."),
    ):
        command = option(command)
    return command


@click.command("map")
@click.argument("collection")
@_mapping_options
@zone_option
@json_option
def map_(collection: str, zone: str, *, as_json: bool, **rule: str | None) -> None:
    """Assign a role collection to a group or attribute value."""
    from broker.identity.user import canonical_origin  # noqa: PLC0415

    with report_errors():
        identity = services()
        mapping = _mapping(collection, **rule)
        changed = identity.map_collections.map(operator(), zone, mapping)
        origin = canonical_origin(mapping.origin)
        is_known = any(each.provider.origin == origin for each in identity.providers.all(zone))
    if not is_known:
        click.secho(
            f"Warning: the zone has no identity provider {origin}; the mapping takes effect when it"
            " is added.",
            fg="yellow",
            err=True,
        )
    text = "The mapping was added." if changed else "The mapping exists already."
    print_done(text, {"collection": collection, "changed": changed}, as_json=as_json)


@click.command()
@click.argument("collection")
@_mapping_options
@zone_option
@json_option
def unmap(collection: str, zone: str, *, as_json: bool, **rule: str | None) -> None:
    """Remove a mapping of a role collection."""
    with report_errors():
        identity = services()
        changed = identity.map_collections.unmap(operator(), zone, _mapping(collection, **rule))
    text = "The mapping was removed." if changed else "There is no such mapping."
    print_done(text, {"collection": collection, "changed": changed}, as_json=as_json)


def _mapping(collection: str, **rule: str | None) -> CollectionMapping:
    from broker.authorization.collections.model import GROUPS, CollectionMapping  # noqa: PLC0415

    group, attribute, value = rule["group"], rule["attribute"], rule["value"]
    if (group is None) == (attribute is None) or (attribute is None) != (value is None):
        raise click.UsageError("Either --group, or --attribute and --value are required.")
    if group is not None:
        attribute, value = GROUPS, group
    return CollectionMapping(collection, rule["origin"] or "", attribute or "", value or "")
