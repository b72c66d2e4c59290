"""The operations on role collections."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import AUTHORIZATION, READ_AUTHORIZATION, WRITE_AUTHORIZATION
from broker.api.role_collections import handlers
from broker.api.role_collections.handlers import NAME
from broker.api.role_collections.models import RoleCollection
from broker.api.role_collections.requests import (
    NewRoleCollections,
    RoleCollectionDescription,
    RoleCollectionInput,
    RoleCollectionNames,
    RoleReferences,
)
from broker.api.roles.models import Role
from broker.api.route import Family, Query, Route
from broker.authorization.collections.zone_collections import MAX_COLLECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALL = f"{AUTHORIZATION}/rolecollections"
_ONE = f"{_ALL}/{{{NAME}}}"
_ONE_ROLE = f"{_ONE}/roles/{{roleTemplateAppId}}/{{roleName}}/{{roleTemplateName}}"
_family = Family("rolecollections", READ_AUTHORIZATION, WRITE_AUTHORIZATION)
_SHOWN = (
    Query("showRoles", "boolean", default=True),
    Query("showUsers", "boolean", default=False),
    Query("showGroups", "boolean", default=False),
)
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_CONFLICTS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _routes() -> Iterator[Route]:
    yield _family.get(
        _ALL,
        "getRoleCollections",
        "List the role collections of the subaccount",
        handlers.list_all,
        response=list[RoleCollection],
        query=(
            *_SHOWN,
            Query("skip", "integer", default=0, maximum=MAX_COLLECTIONS),
            Query("top", "integer", maximum=MAX_COLLECTIONS),
            Query("name"),
            Query("readOnly", "boolean"),
        ),
    )
    yield _family.change(
        "POST",
        _ALL,
        "createRoleCollection",
        "Create a role collection with roles",
        handlers.create,
        request=RoleCollectionInput,
        response=RoleCollection,
        failures=(HTTPStatus.CONFLICT,),
    )
    yield _family.get(
        _ONE,
        "getRoleCollectionByName",
        "Show a role collection",
        handlers.show,
        response=RoleCollection,
        failures=_NOT_FOUND,
        query=(
            Query("withRoles", "boolean", default=True),
            Query("withUsers", "boolean", default=False),
            Query("withGroups", "boolean", default=False),
        ),
    )
    yield _family.change(
        "PUT",
        _ONE,
        "changeRoleCollectionDescription",
        "Change the description of a role collection",
        handlers.describe,
        request=RoleCollectionDescription,
        failures=_NOT_FOUND,
    )
    yield _family.change(
        "DELETE",
        _ONE,
        "deleteRoleCollectionByName",
        "Delete a role collection with its assignments and mappings",
        handlers.delete,
        failures=_CONFLICTS,
    )
    yield _family.get(
        f"{_ONE}/roles",
        "getRolesByRoleCollectionName",
        "List the roles of a role collection",
        handlers.roles,
        response=list[Role],
        failures=_NOT_FOUND,
    )
    yield _family.change(
        "PUT",
        f"{_ONE}/roles",
        "addRolesToRoleCollection",
        "Add roles to a role collection",
        handlers.add_roles,
        request=RoleReferences,
        failures=_CONFLICTS,
    )
    yield _family.change(
        "DELETE",
        f"{_ONE}/roles",
        "deleteRolesFromRoleCollection",
        "Take roles out of a role collection",
        handlers.remove_roles,
        request=RoleReferences,
        failures=_CONFLICTS,
    )
    yield _family.change(
        "PUT",
        _ONE_ROLE,
        "addRoleToRoleCollection",
        "Add a role to a role collection",
        handlers.add_role,
        failures=_CONFLICTS,
    )
    yield _family.change(
        "DELETE",
        _ONE_ROLE,
        "deleteRoleFromRoleCollection",
        "Take a role out of a role collection",
        handlers.remove_role,
        failures=_CONFLICTS,
    )
    yield _family.get(
        f"{_ALL}/roles/{{appId}}/{{roleTemplateName}}/{{roleName}}",
        "getRoleCollectionsByAppIdTemplateNameAndRoleName",
        "List the role collections that contain a role",
        handlers.with_role,
        response=list[RoleCollection],
        failures=_NOT_FOUND,
    )
    yield _family.change(
        "POST",
        f"{_ALL}/bulk",
        "createRoleCollections",
        "Create several role collections, all or none",
        handlers.create_many,
        request=NewRoleCollections,
        status=HTTPStatus.CREATED,
        failures=(HTTPStatus.CONFLICT,),
    )
    yield _family.change(
        "DELETE",
        f"{_ALL}/bulk",
        "deleteRoleCollections",
        "Delete several role collections, all or none",
        handlers.delete_many,
        request=RoleCollectionNames,
        status=HTTPStatus.NO_CONTENT,
        failures=_CONFLICTS,
    )
    yield _family.get(
        f"{_ALL}/pages",
        "getRoleCollectionsFirstPage",
        "List the first 100 role collections",
        handlers.first_page,
        response=list[RoleCollection],
        query=_SHOWN,
    )
    yield _family.get(
        f"{_ALL}/pages/{{pageId}}",
        "getRoleCollectionsPage",
        "List a page of 100 role collections, the first is 0",
        handlers.numbered_page,
        response=list[RoleCollection],
        failures=_NOT_FOUND,
        query=_SHOWN,
    )


ROUTES: Final = tuple(_routes())
