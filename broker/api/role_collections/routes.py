"""The operations on role collections."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import AUTHORIZATION, READ_AUTHORIZATION
from broker.api.role_collections.models import RoleCollection, role_collection
from broker.api.route import Query, Reply, Route
from broker.authorization.collections.zone_collections import MAX_COLLECTIONS
from broker.authorization.views.model import Parts, Selection

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services

_TAG = "rolecollections"
_ALL = f"{AUTHORIZATION}/rolecollections"
_ONE = f"{_ALL}/{{roleCollectionName}}"


def _list(services: Services, request: ApiRequest) -> Reply:
    given = request.query
    # Roles are always in the list, whatever showRoles says.
    parts = Parts(users=given["showUsers"], mappings=given["showGroups"])
    selection = Selection(given["name"], given["readOnly"], given["skip"], given["top"])
    found = services.list_collections.page(request.zone, selection, parts)
    return Reply([role_collection(each, request.zone) for each in found])


def _show(services: Services, request: ApiRequest) -> Reply:
    given = request.query
    parts = Parts(given["withRoles"], given["withUsers"], given["withGroups"])
    name = request.path["roleCollectionName"]
    found = services.list_collections.one(request.zone, name, parts)
    return Reply(role_collection(found, request.zone))


ROUTES: Final = (
    Route(
        method="GET",
        path=_ALL,
        operation_id="getRoleCollections",
        summary="List the role collections of the subaccount",
        tag=_TAG,
        scopes=READ_AUTHORIZATION,
        handler=_list,
        response=list[RoleCollection],
        query=(
            Query("showRoles", "boolean", default=True),
            Query("showUsers", "boolean", default=False),
            Query("showGroups", "boolean", default=False),
            Query("skip", "integer", default=0, maximum=MAX_COLLECTIONS),
            Query("top", "integer", maximum=MAX_COLLECTIONS),
            Query("name"),
            Query("readOnly", "boolean"),
        ),
    ),
    Route(
        method="GET",
        path=_ONE,
        operation_id="getRoleCollectionByName",
        summary="Show a role collection",
        tag=_TAG,
        scopes=READ_AUTHORIZATION,
        handler=_show,
        response=RoleCollection,
        failures=(HTTPStatus.NOT_FOUND,),
        query=(
            Query("withRoles", "boolean", default=True),
            Query("withUsers", "boolean", default=False),
            Query("withGroups", "boolean", default=False),
        ),
    ),
)
