"""The operations on users."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import READ_USERS
from broker.api.route import Reply, Route
from broker.api.scim.failures import scim_body
from broker.api.scim.listing import (
    envelope,
    list_query,
    only,
    requested_fields,
    selection_of,
)
from broker.api.scim.user_models import (
    ScimUser,
    ScimUsers,
    scim_user,
)
from broker.api.scim.versions import etag
from broker.identity.users.search import USER_ATTRIBUTES

if TYPE_CHECKING:
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
)
