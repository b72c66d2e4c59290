"""``role-collections``: who has which roles in a zone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.collection_transfer import export, import_
from broker.cli.identity.collection_users import assign, map_, unassign, unmap
from broker.cli.identity.services import json_option, print_done, role_key, services
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator
from broker.cli.table import format_cell, print_table, wide_option

if TYPE_CHECKING:
    from broker.authorization.collections.model import CollectionDetails


@click.group("role-collections")
def role_collections() -> None:
    """Administer role collections, their users and mappings.

    Read-only collections belong to an application: its descriptor alone changes their roles; users
    and mappings can be assigned to them.
    """


@role_collections.command("list")
@zone_option
@wide_option
@json_option
def list_(zone: str, *, wide: bool, as_json: bool) -> None:
    """List the role collections of a zone."""
    with report_errors():
        found = services().zone_collections.all(zone)
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], indent=2))
        return
    print_table(
        ("NAME", "APPLICATION", "READ-ONLY", "ROLES", "USERS", "MAPPINGS"),
        [
            (
                each.collection.name,
                each.collection.app_id,
                "yes" if each.collection.is_read_only else "",
                len(each.roles) + len(each.references),
                len(each.assignments),
                len(each.mappings),
            )
            for each in found
        ],
        empty="The zone has no role collections.",
        is_complete=wide,
    )


@role_collections.command()
@click.argument("name")
@zone_option
@json_option
def show(name: str, zone: str, *, as_json: bool) -> None:
    """Show a role collection with its roles, users and mappings."""
    with report_errors():
        found = services().zone_collections.show(zone, name)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
        return
    collection = found.collection
    kind = "read-only, " if collection.is_read_only else ""
    click.echo(format_cell(f"{collection.name} ({kind}{collection.app_id})"))
    if collection.description:
        click.echo(format_cell(collection.description))
    roles = [(each.app_id, each.template, each.name) for each in found.roles]
    roles += [("", each, "") for each in found.references]
    roles += [("waiting", each, "") for each in found.waiting]
    click.echo()
    print_table(("APPLICATION", "TEMPLATE", "ROLE"), roles, empty="No roles.", is_complete=True)
    click.echo()
    print_table(
        ("USER", "ORIGIN", "EXPIRES", "ASSIGNED BY", "NOTE"),
        [
            (each.user_name, each.origin, each.expires_at, each.created_by, each.note)
            for each in found.assignments
        ],
        empty="No users.",
        is_complete=True,
    )
    click.echo()
    print_table(
        ("ORIGIN", "ATTRIBUTE", "VALUE"),
        [(each.origin, each.attribute, each.value) for each in found.mappings],
        empty="No mappings.",
        is_complete=True,
    )


@role_collections.command()
@click.argument("name")
@click.option("--description", help="Purpose of the collection.")
@zone_option
@json_option
def create(name: str, description: str | None, zone: str, *, as_json: bool) -> None:
    """Create an empty role collection."""
    with report_errors():
        services().zone_collections.create(operator(), zone, name, description)
    print_done(
        f'Role collection "{name}" was created.', {"name": name, "created": True}, as_json=as_json
    )


@role_collections.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@zone_option
@json_option
def delete(name: str, zone: str, *, yes: bool, as_json: bool) -> None:
    """Delete a role collection with its assignments and mappings."""
    from broker.authorization.collections.model import Use  # noqa: PLC0415

    with report_errors():
        collections = services().zone_collections
        if not yes:
            found = collections.show(zone, name)
            used = Use(len(found.assignments), len(found.mappings))
            click.confirm(f'Delete role collection "{name}" with {used}?', abort=True, err=True)
        ended = collections.delete(operator(), zone, name)
    document = {
        "name": name,
        "deleted": True,
        "assignments": ended.assignments,
        "mappings": ended.mappings,
    }
    print_done(f'Role collection "{name}" was deleted, with {ended}.', document, as_json=as_json)


def _role_options(command: Any) -> Any:
    for option in (
        click.option(
            "--role", metavar="NAME", help="Name of the role; the default role if absent."
        ),
        click.option("--template", required=True, help="Role template."),
        click.option("--app", "app_id", required=True, metavar="APPID", help="Application id."),
    ):
        command = option(command)
    return command


@role_collections.command("add-role")
@click.argument("collection")
@_role_options
@zone_option
@json_option
def add_role(collection: str, zone: str, *, as_json: bool, **role: Any) -> None:
    """Put a role into a role collection."""
    with report_errors():
        key = role_key(services(), zone, **role)
        changed = services().zone_collections.add_roles(operator(), zone, collection, key)
    text = f"Role {key} was added." if changed else f"Role {key} is already in the role collection."
    print_done(text, {"role": key.name, "changed": changed}, as_json=as_json)


@role_collections.command("remove-role")
@click.argument("collection")
@_role_options
@zone_option
@json_option
def remove_role(collection: str, zone: str, *, as_json: bool, **role: Any) -> None:
    """Take a role out of a role collection."""
    with report_errors():
        key = role_key(services(), zone, **role)
        changed = services().zone_collections.remove_roles(operator(), zone, collection, key)
    text = f"Role {key} was removed." if changed else f"Role {key} is not in the role collection."
    print_done(text, {"role": key.name, "changed": changed}, as_json=as_json)


for _command in (assign, unassign, map_, unmap, export, import_):
    role_collections.add_command(_command)


def _document(found: CollectionDetails) -> dict[str, Any]:
    from broker.authorization.collections.transfer import collection_document  # noqa: PLC0415

    references = {"references": list(found.references), "waiting": list(found.waiting)}
    return {
        **collection_document(found),
        "application": found.collection.app_id,
        **references,
    }
