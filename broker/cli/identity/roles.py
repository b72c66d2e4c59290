"""``roles``: the roles of a zone, and why a user has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.explain import explain
from broker.cli.identity.holders import holders
from broker.cli.identity.services import json_option, print_done, services
from broker.cli.identity.zone_option import zone_option
from broker.cli.operator import operator
from broker.cli.table import print_table, wide_option

if TYPE_CHECKING:
    from broker.authorization.collections.model import Role, RoleAttribute

_app = click.option("--app", "app_id", required=True, metavar="APPID", help="Application id.")
_template = click.option("--template", required=True, help="Role template.")


@click.group()
def roles() -> None:
    """Administer the roles in role collections.

    Default roles follow their role templates; administrators make further ones, with attribute
    values.
    """


roles.add_command(explain)
roles.add_command(holders)


@roles.command("list")
@zone_option
@wide_option
@json_option
def list_(zone: str, *, wide: bool, as_json: bool) -> None:
    """List the roles of all applications in a zone."""
    with report_errors():
        found = services().zone_roles.all(zone)
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], indent=2))
        return
    print_table(
        ("APPLICATION", "TEMPLATE", "ROLE", "DEFAULT", "ATTRIBUTES"),
        [
            (
                each.key.app_id,
                each.key.template,
                each.key.name,
                "yes" if each.is_default else "",
                "; ".join(f"{name}: {_shown(given)}" for name, given in each.attributes.items()),
            )
            for each in found
        ],
        empty="The zone has no roles.",
        is_complete=wide,
    )


@roles.command()
@click.argument("name")
@_app
@_template
@click.option("--description", help="Purpose of the role.")
@click.option(
    "--attribute",
    "static",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of an attribute; repeat it for several values.",
)
@click.option(
    "--from-provider",
    "idp",
    multiple=True,
    metavar="NAME=ATTRIBUTE",
    help="Attribute of the identity provider that has the values.",
)
@click.option("--unrestricted", multiple=True, metavar="NAME", help="Attribute without limits.")
@zone_option
@json_option
def create(name: str, zone: str, *, as_json: bool, **given: Any) -> None:
    """Create a role from a template."""
    from broker.authorization.collections.custom_roles import CustomRole  # noqa: PLC0415
    from broker.authorization.collections.model import RoleKey  # noqa: PLC0415

    attributes = _attributes(given["static"], given["idp"], given["unrestricted"])
    key = RoleKey(given["app_id"], given["template"], name)
    with report_errors():
        services().zone_roles.create(
            operator(), zone, CustomRole(key, given["description"], attributes)
        )
    print_done(f"Role {key} was created.", {"name": name, "created": True}, as_json=as_json)


@roles.command()
@click.argument("name")
@_app
@_template
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@zone_option
@json_option
def delete(name: str, zone: str, *, yes: bool, as_json: bool, **given: str) -> None:
    """Delete a role; it leaves all role collections."""
    from broker.authorization.collections.model import RoleKey  # noqa: PLC0415

    key = RoleKey(given["app_id"], given["template"], name)
    if not yes:
        click.confirm(f"Delete role {key}?", abort=True, err=True)
    with report_errors():
        collections = services().zone_roles.delete(operator(), zone, key)
    left = f", and left {', '.join(collections)}" if collections else ""
    document = {"name": name, "deleted": True, "removed_from": list(collections)}
    print_done(f"Role {key} was deleted{left}.", document, as_json=as_json)


def _attributes(
    static: tuple[str, ...], idp: tuple[str, ...], unrestricted: tuple[str, ...]
) -> dict[str, RoleAttribute]:
    from broker.authorization.collections.model import RoleAttribute  # noqa: PLC0415

    values: dict[str, list[str]] = {}
    for text in static:
        name, value = _pair(text)
        values.setdefault(name, []).append(value)
    found = {name: RoleAttribute("static", tuple(given)) for name, given in values.items()}
    further = {name: RoleAttribute("idp", (value,)) for name, value in map(_pair, idp)}
    further |= {name: RoleAttribute("unrestricted") for name in unrestricted}
    if twice := found.keys() & further.keys():
        raise click.BadParameter(f"{min(twice)} has several kinds of values.")
    return found | further


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (name and mark and value):
        raise click.BadParameter(f"{text[:64]!r} is not of the form NAME=VALUE.")
    return name, value


def _shown(attribute: RoleAttribute) -> str:
    values = ", ".join(attribute.values)
    return f"from {values}" if attribute.origin == "idp" else values or attribute.origin


def _document(role: Role) -> dict[str, Any]:
    return {
        "application": role.key.app_id,
        "template": role.key.template,
        "name": role.key.name,
        "default": role.is_default,
        "description": role.description,
        "attributes": {
            name: {"origin": each.origin, "values": list(each.values)}
            for name, each in role.attributes.items()
        },
    }
