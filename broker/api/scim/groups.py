"""The operations on groups and their members."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import READ_AUTHORIZATION, READ_USERS
from broker.api.route import Query, Reply, Route
from broker.api.scim.failures import scim_body
from broker.api.scim.group_models import (
    ScimGroup,
    ScimGroups,
    ScimMember,
    scim_group,
    scim_member,
)
from broker.api.scim.listing import (
    envelope,
    list_query,
    only,
    requested_fields,
    selection_of,
)
from broker.api.scim.versions import etag
from broker.authorization.groups.model import GROUP_ATTRIBUTES

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services
    from broker.authorization.groups.model import Group

_TAG = "Groups"
_ALL = "/Groups"
_ONE = "/Groups/{id}"
_MEMBERS = f"{_ONE}/members"
_MEMBER = f"{_MEMBERS}/{{memberId}}"
_READ = (*READ_USERS, *READ_AUTHORIZATION)
_ORDERS = {"created": "displayName"}
"""Role collections have no time of creation; UAA's default order for groups is accepted."""


def _list(services: Services, request: ApiRequest) -> Reply:
    fields = requested_fields(request, ScimGroup, {})
    selection = selection_of(request, GROUP_ATTRIBUTES, _ORDERS)
    # The version follows from the members.
    has_members = fields is None or not fields.isdisjoint({"members", "meta"})
    page = services.read_groups.page(request.zone, selection, members=has_members)
    resources = [only(scim_group(each, request.zone), fields) for each in page.items]
    return Reply(ScimGroups(resources=resources, **envelope(selection, page.total)))


def _show(services: Services, request: ApiRequest) -> Reply:
    return _reply(services.read_groups.one(request.zone, request.path["id"]), request)


def _list_members(services: Services, request: ApiRequest) -> Reply:
    group = services.read_groups.one(request.zone, request.path["id"])
    return Reply([scim_member(each) for each in group.members])


def _show_member(services: Services, request: ApiRequest) -> Reply:
    found = services.read_groups.member(request.zone, request.path["id"], request.path["memberId"])
    return Reply(scim_member(found))


def _reply(group: Group, request: ApiRequest) -> Reply:
    return Reply(scim_group(group, request.zone), headers=etag(group.version))


_UNKNOWN = (HTTPStatus.NOT_FOUND,)

ROUTES: Final = (
    Route(
        method="GET",
        path=_ALL,
        operation_id="listGroups",
        summary="List role collections as groups",
        tag=_TAG,
        scopes=_READ,
        handler=_list,
        response=ScimGroups,
        query=list_query("displayName"),
        error_body=scim_body,
    ),
    Route(
        method="GET",
        path=_ONE,
        operation_id="getGroup",
        summary="Show a role collection with its users",
        tag=_TAG,
        scopes=_READ,
        handler=_show,
        response=ScimGroup,
        failures=_UNKNOWN,
        error_body=scim_body,
    ),
    Route(
        method="GET",
        path=_MEMBERS,
        operation_id="listGroupMembers",
        summary="List the users of a role collection",
        tag=_TAG,
        scopes=_READ,
        handler=_list_members,
        response=list[ScimMember],
        failures=_UNKNOWN,
        query=(Query("returnEntities", "boolean"),),
        error_body=scim_body,
    ),
    Route(
        method="GET",
        path=_MEMBER,
        operation_id="getGroupMember",
        summary="Show a user of a role collection",
        tag=_TAG,
        scopes=_READ,
        handler=_show_member,
        response=ScimMember,
        failures=_UNKNOWN,
        error_body=scim_body,
    ),
)
