"""The operations on users."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import READ_USERS, WRITE_USERS
from broker.api.route import Reply, Route
from broker.api.scim.failures import scim_body
from broker.api.scim.listing import (
    envelope,
    list_query,
    only,
    requested_fields,
    selection_of,
)
from broker.api.scim.user_models import ScimUser, ScimUsers, scim_user
from broker.api.scim.user_requests import (
    UserPatch,
    UserRequest,
    new_user,
    patched,
    paths_of_scim,
    replaced,
)
from broker.api.scim.versions import IF_MATCH, etag, expected_version, required_version
from broker.authorization.groups.write import UserChange
from broker.identity.users.find import UserId
from broker.identity.users.search import USER_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.api.request import ApiRequest, Services
    from broker.authorization.groups.model import UserWithGroups

_TAG = "Users"
_ALL = "/Users"
_ONE = "/Users/{id}"
_ORDERS = {"created": "meta.created", "lastmodified": "meta.lastModified", "email": "emails.value"}
_PARTS = {"givenname": "name", "familyname": "name", "email": "emails"}


def _list(services: Services, request: ApiRequest) -> Reply:
    fields = requested_fields(request, ScimUser, _PARTS)
    selection = selection_of(request, USER_ATTRIBUTES, _ORDERS)
    page = services.users_with_groups.page(
        request.zone, selection, groups=fields is None or "groups" in fields
    )
    resources = [only(scim_user(each), fields) for each in page.items]
    return Reply(ScimUsers(resources=resources, **envelope(selection, page.total)))


def _show(services: Services, request: ApiRequest) -> Reply:
    return _reply(services.users_with_groups.one(request.zone, request.path["id"]))


def _create(services: Services, request: ApiRequest) -> Reply:
    requested = new_user(request.body)
    with paths_of_scim():
        created = services.write_users.create(request.actor, request.zone, requested)
    return _reply(created)


def _replace(services: Services, request: ApiRequest) -> Reply:
    return _changed(services, request, replaced(request.body))


def _patch(services: Services, request: ApiRequest) -> Reply:
    return _changed(services, request, patched(request.body))


def _changed(
    services: Services, request: ApiRequest, changes: Mapping[str, str | bool | None]
) -> Reply:
    user_id, origin = request.path["id"], request.body.origin
    # UAA names PUT in the text about a PATCH, too.
    expected = required_version(request, "PUT")
    of = UserId(request.zone, user_id)
    with paths_of_scim():
        changed = services.write_users.change(
            request.actor, of, UserChange(changes), origin=origin, expected=expected
        )
    return _reply(changed)


def _delete(services: Services, request: ApiRequest) -> Reply:
    of = UserId(request.zone, request.path["id"])
    return _reply(services.write_users.delete(request.actor, of, expected_version(request)))


def _reply(found: UserWithGroups) -> Reply:
    return Reply(scim_user(found), headers=etag(found.user.version))


ROUTES: Final = (
    Route(
        method="GET",
        path=_ALL,
        operation_id="listUsers",
        summary="List users",
        tag=_TAG,
        scopes=READ_USERS,
        handler=_list,
        response=ScimUsers,
        query=list_query("created"),
        error_body=scim_body,
    ),
    Route(
        method="POST",
        path=_ALL,
        operation_id="createUser",
        summary="Create a user",
        tag=_TAG,
        scopes=WRITE_USERS,
        handler=_create,
        request=UserRequest,
        response=ScimUser,
        status=HTTPStatus.CREATED,
        failures=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        error_body=scim_body,
    ),
    Route(
        method="GET",
        path=_ONE,
        operation_id="getUser",
        summary="Show a user",
        tag=_TAG,
        scopes=READ_USERS,
        handler=_show,
        response=ScimUser,
        failures=(HTTPStatus.NOT_FOUND,),
        error_body=scim_body,
    ),
    Route(
        method="PUT",
        path=_ONE,
        operation_id="replaceUser",
        summary="Replace the attributes of a user",
        tag=_TAG,
        scopes=WRITE_USERS,
        handler=_replace,
        request=UserRequest,
        response=ScimUser,
        failures=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        headers=(IF_MATCH,),
        error_body=scim_body,
    ),
    Route(
        method="PATCH",
        path=_ONE,
        operation_id="changeUser",
        summary="Change attributes of a user",
        tag=_TAG,
        scopes=WRITE_USERS,
        handler=_patch,
        request=UserPatch,
        response=ScimUser,
        failures=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        headers=(IF_MATCH,),
        error_body=scim_body,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        operation_id="deleteUser",
        summary="Delete a user",
        tag=_TAG,
        scopes=WRITE_USERS,
        handler=_delete,
        response=ScimUser,
        failures=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        headers=(IF_MATCH,),
        error_body=scim_body,
    ),
)
