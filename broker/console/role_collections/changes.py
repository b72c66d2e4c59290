"""The forms about a role collection: its users and mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from broker.api.paths import AUTHORIZATION, USERS
from broker.authorization.collections.model import GROUPS, CollectionMapping
from broker.console.role_collections.paths import ONE
from broker.console.shell import command
from broker.console.view import Done, Twin, View
from broker.errors import InvalidRequest
from broker.identity.user import LOCAL_ORIGIN
from broker.identity.users.find import UserName

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services


def _cancel(asked: ConsoleRequest) -> dict[str, object]:
    """Return the path and query of the collection's page."""
    return {"path": ONE.replace("<zone>", asked.zone_guid), "query": {"name": asked.query["name"]}}


def _done(asked: ConsoleRequest, notice: str) -> Done:
    path = ONE.replace("<zone>", asked.zone_guid)
    return Done(path, f"done.{notice}", {"name": asked.query["name"]})


def _command(asked: ConsoleRequest, *words: str) -> str:
    return command("role-collections", *words, "--zone", asked.zone_guid)


def require_fresh_logon_for(services: Services, asked: ConsoleRequest, collection: str) -> None:
    """Raise FreshLogonRequired if the collection makes administrators, and the logon is too old."""
    if services.access.gives_built_in_role(asked.in_zone, collection):
        asked.require_fresh_logon()


def _view(template: str, asked: ConsoleRequest, model: dict[str, object], twin: Twin) -> View:
    return View(template=template, subject=asked.query["name"], model=model, twins=(twin,))


def ask_user(services: Services, asked: ConsoleRequest) -> View:
    """Ask which user to add."""
    providers = services.access.providers(asked.in_zone)
    model: dict[str, object] = {
        "collection": asked.query["name"],
        "user": asked.form.get("user", ""),
        "origin": asked.form.get("origin") or LOCAL_ORIGIN,
        "origins": [each.provider.origin for each in providers],
        "cancel": _cancel(asked),
    }
    name = quote(asked.query["name"], safe="")
    twin = Twin(
        api=f"PUT {USERS}/origin/ORIGIN/name/NAME/rolecollections/{name}",
        command=_command(
            asked, "assign", asked.query["name"], "--user", "NAME", "--origin", "ORIGIN"
        ),
    )
    return View(
        template="role_collections/add_user",
        subject=asked.query["name"],
        model=model,
        twins=(twin,),
    )


def add_user(services: Services, asked: ConsoleRequest) -> Done:
    """Assign the collection to the user in the form."""
    name = asked.form.get("user", "").strip()
    if not name:
        raise InvalidRequest.at("user", "no name", "the name of a user of this zone")
    require_fresh_logon_for(services, asked, asked.query["name"])
    user = UserName(asked.zone_guid, name, asked.form.get("origin") or LOCAL_ORIGIN)
    services.assign_collections.assign(asked.actor, user, asked.query["name"])
    return _done(asked, "role_collections_assigned")


def ask_mapping(services: Services, asked: ConsoleRequest) -> View:
    """Ask for the provider, attribute and value of a new mapping."""
    found = services.access.providers(asked.in_zone)
    model: dict[str, object] = {
        "collection": asked.query["name"],
        "origins": [each.provider.origin for each in found if not each.provider.is_local],
        "origin": asked.form.get("origin", ""),
        "attribute": asked.form.get("attribute", GROUPS),
        "value": asked.form.get("value", ""),
        "cancel": _cancel(asked),
    }
    twin = Twin(
        api=f"POST {AUTHORIZATION}/identity-providers/ORIGIN/attributes",
        command=_command(
            asked, "map", asked.query["name"], "--origin", "ORIGIN", "--group", "GROUP"
        ),
    )
    return View(
        template="role_collections/map", subject=asked.query["name"], model=model, twins=(twin,)
    )


def add_mapping(services: Services, asked: ConsoleRequest) -> Done:
    """Add the mapping in the form."""
    form = asked.form
    mapping = CollectionMapping(
        asked.query["name"],
        form.get("origin", ""),
        form.get("attribute", "").strip(),
        form.get("value", "").strip(),
    )
    require_fresh_logon_for(services, asked, mapping.collection)
    services.map_collections.map(asked.actor, asked.zone_guid, mapping)
    return _done(asked, "role_collections_mapped")


def ask_unmap(_: Services, asked: ConsoleRequest) -> View:
    """Ask whether to remove the mapping in the URL."""
    mapping = _mapping(asked)
    origin, attribute, value, name = (
        quote(each, safe="")
        for each in (mapping.origin, mapping.attribute, mapping.value, mapping.collection)
    )
    attributes = f"{AUTHORIZATION}/identity-providers/{origin}/attributes"
    twin = Twin(
        api=f"DELETE {attributes}/{attribute}/equals/{value}/rolecollections/{name}",
        command=_command(
            asked,
            *("unmap", mapping.collection, "--origin", mapping.origin),
            *("--attribute", mapping.attribute, "--value", mapping.value),
        ),
    )
    model: dict[str, object] = {"mapping": mapping, "cancel": _cancel(asked)}
    return View(
        template="role_collections/unmap", subject=asked.query["name"], model=model, twins=(twin,)
    )


def remove_mapping(services: Services, asked: ConsoleRequest) -> Done:
    """Remove the mapping in the URL."""
    mapping = _mapping(asked)
    require_fresh_logon_for(services, asked, mapping.collection)
    services.map_collections.unmap(asked.actor, asked.zone_guid, mapping)
    return _done(asked, "role_collections_unmapped")


def _mapping(asked: ConsoleRequest) -> CollectionMapping:
    query = asked.query
    return CollectionMapping(query["name"], query["origin"], query["attribute"], query["value"])
