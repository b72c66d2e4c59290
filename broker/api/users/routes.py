"""The operations on users by origin and name."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import READ_USERS, USERS, WRITE_USERS
from broker.api.route import Family, Query, Reply
from broker.api.users.models import XSUser, xs_user
from broker.authorization.groups.model import UserWithGroups
from broker.identity.users.find import UserId, UserName

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services

_ORIGINS = f"{USERS}/origin"
_NAMES = f"{_ORIGINS}/{{origin}}/name"
_ONE = f"{_NAMES}/{{userName}}"
_ASSIGNMENT = f"{_ONE}/rolecollections/{{roleCollectionName}}"
_family = Family("usercontroller", READ_USERS, WRITE_USERS)
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_CONFLICTS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _origins(services: Services, request: ApiRequest) -> Reply:
    return Reply(list(services.users_by_name.origins(request.zone)))


def _names(services: Services, request: ApiRequest) -> Reply:
    users, part = services.users_by_name, request.query["filter"]
    named = request.zone, request.path["origin"], part
    if request.query["details"]:
        return Reply([xs_user(each) for each in users.users(*named)])
    return Reply(list(users.names(*named)))


def _show(services: Services, request: ApiRequest) -> Reply:
    return Reply(xs_user(services.users_by_name.one(_name(request))))


def _show_by_id(services: Services, request: ApiRequest) -> Reply:
    return Reply(xs_user(services.users_with_groups.one(request.zone, request.path["id"])))


def _assign(services: Services, request: ApiRequest) -> Reply:
    found = services.users_by_name.assign(
        request.actor,
        _name(request),
        request.path["roleCollectionName"],
        create=request.query["createUserIfMissing"],
    )
    return Reply(xs_user(found))


def _unassign(services: Services, request: ApiRequest) -> Reply:
    found = services.users_by_name.unassign(
        request.actor, _name(request), request.path["roleCollectionName"]
    )
    return Reply(xs_user(found))


def _delete(services: Services, request: ApiRequest) -> Reply:
    deleted = services.delete_user(request.actor, _name(request))
    return Reply(xs_user(UserWithGroups(deleted)))


def _delete_by_id(services: Services, request: ApiRequest) -> Reply:
    deleted = services.delete_user(request.actor, UserId(request.zone, request.path["id"]))
    return Reply(xs_user(UserWithGroups(deleted)))


def _name(request: ApiRequest) -> UserName:
    return UserName(request.zone, request.path["userName"], request.path["origin"])


ROUTES: Final = (
    _family.get(
        _ORIGINS,
        "getOrigins",
        "List the origins of users",
        _origins,
        response=list[str],
    ),
    _family.get(
        _NAMES,
        "getUserNames",
        "List the names of the users of an origin, or with details the users",
        _names,
        response=list[str | XSUser],
        failures=_NOT_FOUND,
        query=(Query("filter", default=""), Query("details", "boolean", default=False)),
    ),
    _family.get(
        _ONE,
        "getUserByName",
        "Show a user with its role collections",
        _show,
        response=XSUser,
        failures=_NOT_FOUND,
    ),
    _family.change(
        "DELETE",
        _ONE,
        "deleteUserByName",
        "Delete a user with its assignments",
        _delete,
        response=XSUser,
        failures=_CONFLICTS,
    ),
    _family.change(
        "PUT",
        _ASSIGNMENT,
        "addRoleCollection",
        "Assign a role collection to a user",
        _assign,
        response=XSUser,
        failures=_CONFLICTS,
        query=(Query("createUserIfMissing", "boolean", default=False),),
    ),
    _family.change(
        "DELETE",
        _ASSIGNMENT,
        "removeRoleCollection",
        "Take a role collection away from a user",
        _unassign,
        response=XSUser,
        failures=_CONFLICTS,
    ),
    _family.get(
        f"{USERS}/id/{{id}}",
        "getUserById",
        "Show a user by its id",
        _show_by_id,
        response=XSUser,
        failures=_NOT_FOUND,
    ),
    _family.change(
        "DELETE",
        f"{USERS}/id/{{id}}",
        "deleteUserById",
        "Delete a user by its id",
        _delete_by_id,
        response=XSUser,
        failures=_CONFLICTS,
    ),
)
