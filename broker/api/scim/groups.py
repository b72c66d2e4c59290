"""The operations on groups and their members."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.bearer import require_one_of
from broker.api.paths import READ_AUTHORIZATION, READ_USERS, WRITE_AUTHORIZATION, WRITE_USERS
from broker.api.route import Query, Reply, Route
from broker.api.scim.failures import scim_body
from broker.api.scim.group_models import (
    GroupPatch,
    GroupRequest,
    MemberRequest,
    ScimGroup,
    ScimGroups,
    ScimMember,
    member_of,
    name_of,
    patch,
    replacement,
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
from broker.api.scim.versions import IF_MATCH, etag, expected_version, required_version
from broker.authorization.groups.model import GROUP_ATTRIBUTES

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services
    from broker.authorization.groups.change import GroupChanges
    from broker.authorization.groups.model import Group

_TAG = "Groups"
_ALL = "/Groups"
_ONE = "/Groups/{id}"
_MEMBERS = f"{_ONE}/members"
_MEMBER = f"{_MEMBERS}/{{memberId}}"
_READ = (*READ_USERS, *READ_AUTHORIZATION)
_WRITE = (*WRITE_USERS, *WRITE_AUTHORIZATION)
_ENTITIES = Query("returnEntities", "boolean", default=False)
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


def _create(services: Services, request: ApiRequest) -> Reply:
    body: GroupRequest = request.body
    members = [member_of(each) for each in body.members or ()]
    created = services.change_groups.create(
        request.actor, request.zone, name_of(body), body.description, members
    )
    return _reply(created, request)


def _replace(services: Services, request: ApiRequest) -> Reply:
    expected = required_version(request, "PUT")
    return _changed(services, request, expected, replacement(request.body, request.path["id"]))


def _patch(services: Services, request: ApiRequest) -> Reply:
    expected = required_version(request, "PATCH")
    return _changed(services, request, expected, patch(request.body, request.path["id"]))


def _changed(
    services: Services, request: ApiRequest, expected: int | None, changes: GroupChanges
) -> Reply:
    changed = services.change_groups.change(
        request.actor, request.zone, request.path["id"], expected, changes
    )
    return _reply(changed, request)


def _delete(services: Services, request: ApiRequest) -> Reply:
    deleted = services.change_groups.delete(
        request.actor, request.zone, request.path["id"], expected_version(request)
    )
    return _reply(deleted, request)


def _list_members(services: Services, request: ApiRequest) -> Reply:
    with_users = _wants_users(request)
    found = services.read_groups.members(request.zone, request.path["id"], users=with_users)
    return Reply([scim_member(*each) for each in found])


def _show_member(services: Services, request: ApiRequest) -> Reply:
    path, with_users = request.path, _wants_users(request)
    found = services.read_groups.member(
        request.zone, path["id"], path["memberId"], users=with_users
    )
    return Reply(scim_member(*found))


def _wants_users(request: ApiRequest) -> bool:
    """Return whether users are requested; raise AccessDenied for a caller that reads none."""
    is_requested = bool(request.query[_ENTITIES.name])
    if is_requested:
        require_one_of(request.caller, READ_USERS)
    return is_requested


def _add_member(services: Services, request: ApiRequest) -> Reply:
    added = services.change_groups.add_member(
        request.actor, request.zone, request.path["id"], member_of(request.body)
    )
    return Reply(scim_member(added))


def _remove_member(services: Services, request: ApiRequest) -> Reply:
    removed = services.change_groups.remove_member(
        request.actor, request.zone, request.path["id"], request.path["memberId"]
    )
    return Reply(scim_member(removed))


def _reply(group: Group, request: ApiRequest) -> Reply:
    return Reply(scim_group(group, request.zone), headers=etag(group.version))


_UNKNOWN = (HTTPStatus.NOT_FOUND,)
_CHANGES = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)

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
        method="POST",
        path=_ALL,
        operation_id="createGroup",
        summary="Create a role collection with its users",
        tag=_TAG,
        scopes=_WRITE,
        handler=_create,
        request=GroupRequest,
        response=ScimGroup,
        status=HTTPStatus.CREATED,
        failures=(HTTPStatus.CONFLICT,),
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
        method="PUT",
        path=_ONE,
        operation_id="replaceGroup",
        summary="Replace the description and the users of a role collection",
        tag=_TAG,
        scopes=_WRITE,
        handler=_replace,
        request=GroupRequest,
        response=ScimGroup,
        failures=_CHANGES,
        headers=(IF_MATCH,),
        error_body=scim_body,
    ),
    Route(
        method="PATCH",
        path=_ONE,
        operation_id="changeGroup",
        summary="Add users to a role collection, or remove them",
        tag=_TAG,
        scopes=_WRITE,
        handler=_patch,
        request=GroupPatch,
        response=ScimGroup,
        failures=_CHANGES,
        headers=(IF_MATCH,),
        error_body=scim_body,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        operation_id="deleteGroup",
        summary="Delete a role collection",
        tag=_TAG,
        scopes=_WRITE,
        handler=_delete,
        response=ScimGroup,
        failures=_CHANGES,
        headers=(IF_MATCH,),
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
        query=(_ENTITIES,),
        error_body=scim_body,
    ),
    Route(
        method="POST",
        path=_MEMBERS,
        operation_id="addGroupMember",
        summary="Assign a role collection to a user",
        tag=_TAG,
        scopes=_WRITE,
        handler=_add_member,
        request=MemberRequest,
        response=ScimMember,
        status=HTTPStatus.CREATED,
        failures=_CHANGES,
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
        query=(_ENTITIES,),
        error_body=scim_body,
    ),
    Route(
        method="DELETE",
        path=_MEMBER,
        operation_id="removeGroupMember",
        summary="Withdraw a role collection from a user",
        tag=_TAG,
        scopes=_WRITE,
        handler=_remove_member,
        response=ScimMember,
        failures=_CHANGES,
        error_body=scim_body,
    ),
)
