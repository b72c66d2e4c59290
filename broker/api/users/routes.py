"""The operations on users by origin and name."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.models import renaming_paths
from broker.api.paths import READ_USERS, USERS, WRITE_USERS
from broker.api.route import Family, Query, Reply
from broker.api.users.models import XSUser, xs_user
from broker.api.users.requests import PATHS, UserChangeInput, UserInput, UserInputs
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
    return Reply(xs_user(services.write_users.delete(request.actor, _name(request))))


def _delete_by_id(services: Services, request: ApiRequest) -> Reply:
    of = UserId(request.zone, request.path["id"])
    return Reply(xs_user(services.write_users.delete(request.actor, of)))


def _create(services: Services, request: ApiRequest) -> Reply:
    given: UserInput = request.body
    with renaming_paths(PATHS):
        (created,) = services.write_users.create_all(
            request.actor, request.zone, [(given.new_user, given.role_collections or ())]
        )
    return Reply(xs_user(created))


def _create_many(services: Services, request: ApiRequest) -> Reply:
    given: list[UserInput] = request.body
    with renaming_paths(PATHS):
        created = services.write_users.create_all(
            request.actor,
            request.zone,
            [(each.new_user, each.role_collections or ()) for each in given],
        )
    return Reply([xs_user(each) for each in created])


def _change(services: Services, request: ApiRequest) -> Reply:
    given: UserChangeInput = request.body
    with renaming_paths(PATHS):
        changed = services.write_users.change(
            request.actor,
            given.user_in(request.zone),
            given.change(only_collections=request.query["onlyRoleCollections"]),
            origin=given.origin,
        )
    return Reply(xs_user(changed))


def _name(request: ApiRequest) -> UserName:
    return UserName(request.zone, request.path["userName"], request.path["origin"])


ROUTES: Final = (
    _family.change(
        "POST",
        USERS,
        "createUserWithRoleCollections",
        "Create a user with role collections",
        _create,
        request=UserInput,
        response=XSUser,
        failures=_CONFLICTS,
    ),
    _family.change(
        "PUT",
        USERS,
        "updateUser",
        "Replace the attributes of a user, its role collections, or both",
        _change,
        request=UserChangeInput,
        response=XSUser,
        failures=_CONFLICTS,
        query=(Query("onlyRoleCollections", "boolean", default=False),),
    ),
    _family.change(
        "POST",
        f"{USERS}/bulk",
        "createUsers",
        "Create several users with role collections, or none",
        _create_many,
        request=UserInputs,
        response=list[XSUser],
        failures=_CONFLICTS,
    ),
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
