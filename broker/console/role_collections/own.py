"""The forms that create, change and delete role collections of administrators (I-150)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from broker.api.paths import AUTHORIZATION
from broker.authorization.collections.built_in import built_in_application
from broker.authorization.collections.model import RoleKey
from broker.authorization.collections.names import MAX_DESCRIPTION, MAX_NAME
from broker.authorization.views.collections import unknown_collection
from broker.authorization.views.overview import CollectionQuery
from broker.compact_json import compact_json
from broker.console.confirm import require_confirmed
from broker.console.role_collections.paths import LIST, ONE
from broker.console.shell import command
from broker.console.view import Done, Twin, View
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from broker.authorization.views.overview import CollectionSummary
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services

_API: Final = f"{AUTHORIZATION}/rolecollections"
_MAX_ROLES: Final = 200
"""Roles that a form offers; a search finds others."""


def _path(rule: str, asked: ConsoleRequest) -> str:
    return rule.replace("<zone>", asked.zone_guid)


def _done(asked: ConsoleRequest, notice: str, name: str) -> Done:
    return Done(_path(ONE, asked), f"done.role_collections_{notice}", {"name": name})


def _command(asked: ConsoleRequest, *words: str) -> str:
    return command("role-collections", *words, "--zone", asked.zone_guid)


def _found(services: Services, asked: ConsoleRequest) -> CollectionSummary:
    """Return the collection that the URL names; raise NotFound."""
    name = asked.query["name"]
    query = CollectionQuery(asked.now, name=name, limit=1)
    found = services.collection_overviews.page(asked.in_zone, query)
    if not found:
        raise unknown_collection(asked.in_zone, name)
    return found[0]


def _view(template: str, asked: ConsoleRequest, twin: Twin, **model: object) -> View:
    name = asked.query.get("name", "")
    cancel = {"path": _path(ONE, asked), "query": {"name": name}}
    return View(
        template=f"role_collections/{template}",
        subject=name,
        model={"cancel": cancel, **model},
        twins=(twin,),
    )


def ask_new(_: Services, asked: ConsoleRequest) -> View:
    """Ask for name and description of a new collection."""
    return _view(
        "new",
        asked,
        Twin(api=f"POST {_API}", command=_command(asked, "create", "NAME")),
        name=asked.form.get("name", ""),
        description=asked.form.get("description", ""),
        max_name=MAX_NAME,
        max_description=MAX_DESCRIPTION,
        cancel={"path": _path(LIST, asked), "query": {}},
    )


def create(services: Services, asked: ConsoleRequest) -> Done:
    """Create the collection; its page offers roles."""
    name = asked.form.get("name", "").strip()
    services.collections.create(asked.actor, asked.zone_guid, name, _description(asked))
    return _done(asked, "created", name)


def ask_description(services: Services, asked: ConsoleRequest) -> View:
    """Ask for another description."""
    found = _found(services, asked)
    return _view(
        "describe",
        asked,
        Twin(api=f"PUT {_API}/{quote(found.collection.name, safe='')}"),
        collection=found.collection,
        description=asked.form.get("description", found.collection.description or ""),
        max_description=MAX_DESCRIPTION,
    )


def describe(services: Services, asked: ConsoleRequest) -> Done:
    """Change the description."""
    name = asked.query["name"]
    services.collections.describe(asked.actor, asked.zone_guid, name, _description(asked))
    return _done(asked, "described", name)


def _description(asked: ConsoleRequest) -> str | None:
    # Browsers send line ends as CR LF.
    return asked.form.get("description", "").replace("\r\n", "\n").strip() or None


def ask_role(services: Services, asked: ConsoleRequest) -> View:
    """Ask which role to add."""
    found, text = _found(services, asked), asked.listing.text
    roles = services.collection_overviews.roles(asked.in_zone, text, _MAX_ROLES + 1)
    name = quote(found.collection.name, safe="")
    options = ("--app", "APPID", "--template", "TEMPLATE", "--role", "ROLE")
    return _view(
        "add_role",
        asked,
        Twin(
            api=f"PUT {_API}/{name}/roles/APPID/ROLE/TEMPLATE",
            command=_command(asked, "add-role", found.collection.name, *options),
        ),
        collection=found.collection,
        text=text,
        roles=[(_value_of(each.key), each) for each in roles[:_MAX_ROLES]],
        has_more=len(roles) > _MAX_ROLES,
        chosen=asked.form.get("role", ""),
    )


def add_role(services: Services, asked: ConsoleRequest) -> Done:
    """Add the role in the form."""
    name, key = asked.query["name"], _key_of(asked.form.get("role", ""))
    _require_fresh_logon_for(asked, key)
    services.collections.add_roles(asked.actor, asked.zone_guid, name, key)
    return _done(asked, "role_added", name)


def ask_remove_role(services: Services, asked: ConsoleRequest) -> View:
    """Ask whether to take the role in the URL out."""
    found, key = _found(services, asked), _key_in_url(asked)
    name, app_id, role, template = (
        quote(each, safe="") for each in (found.collection.name, key.app_id, key.name, key.template)
    )
    options = ("--app", key.app_id, "--template", key.template, "--role", key.name)
    return _view(
        "remove_role",
        asked,
        Twin(
            api=f"DELETE {_API}/{name}/roles/{app_id}/{role}/{template}",
            command=_command(asked, "remove-role", found.collection.name, *options),
        ),
        collection=found.collection,
        key=key,
        counts=_counts(found),
    )


def remove_role(services: Services, asked: ConsoleRequest) -> Done:
    """Take the role in the URL out."""
    name, key = asked.query["name"], _key_in_url(asked)
    _require_fresh_logon_for(asked, key)
    services.collections.remove_roles(asked.actor, asked.zone_guid, name, key)
    return _done(asked, "role_removed", name)


def ask_delete(services: Services, asked: ConsoleRequest) -> View:
    """Ask whether to delete the collection, with what ends."""
    found = _found(services, asked)
    name = found.collection.name
    return _view(
        "delete",
        asked,
        Twin(api=f"DELETE {_API}/{quote(name, safe='')}", command=_command(asked, "delete", name)),
        collection=found.collection,
        counts=_counts(found),
    )


def delete(services: Services, asked: ConsoleRequest) -> Done:
    """Delete the collection whose name is typed."""
    name = _found(services, asked).collection.name
    require_confirmed(asked, name)
    services.collections.delete(asked.actor, asked.zone_guid, name)
    return Done(_path(LIST, asked), "done.role_collections_deleted")


def _counts(found: CollectionSummary) -> list[tuple[str, int]]:
    return [("role_collections.users", found.users), ("role_collections.mappings", found.mappings)]


def _require_fresh_logon_for(asked: ConsoleRequest, key: RoleKey) -> None:
    """Raise FreshLogonRequired for a role that makes administrators, if the logon is too old."""
    if key.app_id == built_in_application(asked.in_zone).app_id:
        asked.require_fresh_logon()


def _key_in_url(asked: ConsoleRequest) -> RoleKey:
    return RoleKey(asked.query["app"], asked.query["template"], asked.query["role"])


def _value_of(key: RoleKey) -> str:
    return compact_json([key.app_id, key.template, key.name]).decode()


def _key_of(value: str) -> RoleKey:
    """Return the role that ``_value_of`` made the value of; raise InvalidRequest."""
    try:
        parts = json.loads(value)
    except (ValueError, RecursionError):
        parts = None
    match parts:
        case [str(app_id), str(template), str(name)]:
            return RoleKey(app_id, template, name)
    raise InvalidRequest.at("role", "no role", "one of the list")
