"""The handlers of operations on role collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.api.role_collections.models import RoleCollection, role_collection, without_parts
from broker.api.roles.models import role_of
from broker.api.route import Reply
from broker.authorization.collections.model import RoleKey
from broker.authorization.collections.zone_collections import MAX_COLLECTIONS, NewCollection
from broker.authorization.views.model import Parts, RoleSelection, Selection
from broker.errors import NotFound

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services
    from broker.api.role_collections.requests import (
        NewRoleCollections,
        RoleCollectionDescription,
        RoleCollectionInput,
        RoleCollectionNames,
    )

NAME = "roleCollectionName"
_PAGE_SIZE = 100


def list_all(services: Services, request: ApiRequest) -> Reply:
    """Return the selected collections."""
    given = request.query
    selection = Selection(given["name"], given["readOnly"], given["skip"], given["top"])
    return _page(services, request, selection)


def _page(services: Services, request: ApiRequest, selection: Selection) -> Reply:
    # Roles are always in the list, whatever showRoles says.
    parts = Parts(users=request.query["showUsers"], mappings=request.query["showGroups"])
    found = services.list_collections.page(request.zone, selection, parts)
    return Reply([role_collection(each, request.zone) for each in found])


def first_page(services: Services, request: ApiRequest) -> Reply:
    """Return the first collections."""
    return _page(services, request, Selection(limit=_PAGE_SIZE))


def numbered_page(services: Services, request: ApiRequest) -> Reply:
    """Return a page of collections."""
    text = request.path["pageId"]
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_COLLECTIONS))):
        raise NotFound("Pages have numbers from 0.")
    return _page(services, request, Selection(skip=int(text) * _PAGE_SIZE, limit=_PAGE_SIZE))


def show(services: Services, request: ApiRequest) -> Reply:
    """Return one collection."""
    given = request.query
    parts = Parts(given["withRoles"], given["withUsers"], given["withGroups"])
    found = services.list_collections.one(request.zone, request.path[NAME], parts)
    return Reply(role_collection(found, request.zone))


def create(services: Services, request: ApiRequest) -> Reply:
    """Create a collection."""
    new: RoleCollectionInput = request.body
    _create_all(services, request, [new])
    return Reply(RoleCollection(name=new.name, description=new.description, is_read_only=False))


def create_many(services: Services, request: ApiRequest) -> Reply:
    """Create several collections."""
    given: NewRoleCollections = request.body
    _create_all(services, request, given.role_collections)
    return Reply()


def _create_all(services: Services, request: ApiRequest, new: list[RoleCollectionInput]) -> None:
    services.role_collections.create_all(
        request.actor,
        request.zone,
        [
            NewCollection(each.name, each.description, [role.key for role in each.role_references])
            for each in new
        ],
    )


def describe(services: Services, request: ApiRequest) -> Reply:
    """Change a description."""
    given: RoleCollectionDescription = request.body
    services.role_collections.describe(*_named(request), given.description)
    return Reply()


def delete(services: Services, request: ApiRequest) -> Reply:
    """Delete a collection."""
    services.role_collections.delete(*_named(request))
    return Reply()


def delete_many(services: Services, request: ApiRequest) -> Reply:
    """Delete several collections."""
    given: RoleCollectionNames = request.body
    services.role_collections.delete_all(request.actor, request.zone, given.role_collections)
    return Reply()


def roles(services: Services, request: ApiRequest) -> Reply:
    """Return the roles in a collection."""
    found = services.list_roles.roles(request.zone, RoleSelection(collection=request.path[NAME]))
    return Reply([role_of(each) for each in found])


def add_roles(services: Services, request: ApiRequest) -> Reply:
    """Add roles."""
    keys = [each.key for each in request.body]
    services.role_collections.add_roles(*_named(request), *keys)
    return Reply()


def remove_roles(services: Services, request: ApiRequest) -> Reply:
    """Take roles out; those that do not exist are ignored."""
    keys = [each.key for each in request.body]
    services.role_collections.remove_roles(*_named(request), *keys, ignore_unknown=True)
    return Reply()


def add_role(services: Services, request: ApiRequest) -> Reply:
    """Add the role in the path."""
    services.role_collections.add_roles(*_named(request), _key(request))
    return Reply()


def remove_role(services: Services, request: ApiRequest) -> Reply:
    """Take the role in the path out."""
    services.role_collections.remove_roles(*_named(request), _key(request))
    return Reply()


def with_role(services: Services, request: ApiRequest) -> Reply:
    """Return the collections that contain a role; raise NotFound for an unknown role."""
    path = request.path
    key = RoleKey(path["appId"], path["roleTemplateName"], path["roleName"])
    found = services.list_collections.with_role(request.zone, key)
    if not found:
        services.list_roles.role(request.zone, key)
    return Reply([without_parts(each) for each in found])


def _named(request: ApiRequest) -> tuple[Any, str, str]:
    return request.actor, request.zone, request.path[NAME]


def _key(request: ApiRequest) -> RoleKey:
    path = request.path
    return RoleKey(path["roleTemplateAppId"], path["roleTemplateName"], path["roleName"])
