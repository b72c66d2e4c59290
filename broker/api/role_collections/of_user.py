"""The operations on the role collections of a user, and of the user of the access token."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from broker.api.models import RequestModel, ResponseModel
from broker.api.paths import AUTHORIZATION, READ_AUTHORIZATION, WRITE_AUTHORIZATION
from broker.api.route import Family, Reply
from broker.errors import NotFound
from broker.identity.users.find import UserId

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services
    from broker.authorization.groups.of_user import UserCollections

_USERS = f"{AUTHORIZATION}/users"
_CURRENT = f"{_USERS}/current/rolecollections"
_family = Family("users", READ_AUTHORIZATION, WRITE_AUTHORIZATION)
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_CONFLICTS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_MAX_NAMES = 100
_Text = Annotated[str, Field(max_length=255)]


class UserRoleCollections(ResponseModel):
    """The names of the role collections of a user: assigned ones, and those by mappings."""

    role_collections: list[str] = Field(alias="roleCollections")
    by_mappings: list[str] = Field(alias="roleCollectionsBySamlAssignment")


class UserRoleCollectionNames(RequestModel):
    """Names of role collections to assign, or to take away."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"roleCollectionsBySamlAssignment"})

    role_collections: Annotated[list[_Text], Field(alias="roleCollections", max_length=_MAX_NAMES)]


def _show(services: Services, request: ApiRequest) -> Reply:
    return _reply(services.collections_of_user(UserId(request.zone, request.path["userId"])))


def _current(services: Services, request: ApiRequest) -> Reply:
    return _reply(services.collections_of_user(_user(request)))


def _assign(services: Services, request: ApiRequest) -> Reply:
    given: UserRoleCollectionNames = request.body
    of_user = services.collections_of_user
    return _reply(of_user.assign(request.actor, _user(request), given.role_collections))


def _unassign(services: Services, request: ApiRequest) -> Reply:
    given: UserRoleCollectionNames = request.body
    of_user = services.collections_of_user
    return _reply(of_user.unassign(request.actor, _user(request), given.role_collections))


def _user(request: ApiRequest) -> UserId:
    user_id = request.caller.user_id
    if user_id is None:
        raise NotFound("The access token is one of a client and has no user.")
    return UserId(request.zone, user_id)


def _reply(found: UserCollections) -> Reply:
    return Reply(
        UserRoleCollections(role_collections=list(found.assigned), by_mappings=list(found.mapped))
    )


ROUTES: Final = (
    _family.get(
        f"{_USERS}/{{userId}}/rolecollections",
        "getRoleCollectionsOfUser",
        "List the role collections of a user",
        _show,
        response=UserRoleCollections,
        failures=_NOT_FOUND,
    ),
    _family.get(
        _CURRENT,
        "getRoleCollectionsOfCurrentUser",
        "List the role collections of the user of the access token",
        _current,
        response=UserRoleCollections,
        failures=_NOT_FOUND,
    ),
    _family.change(
        "POST",
        _CURRENT,
        "addRoleCollectionsToCurrentUser",
        "Assign role collections to the user of the access token",
        _assign,
        request=UserRoleCollectionNames,
        response=UserRoleCollections,
        failures=_CONFLICTS,
    ),
    _family.change(
        "DELETE",
        _CURRENT,
        "removeRoleCollectionsFromCurrentUser",
        "Take role collections away from the user of the access token",
        _unassign,
        request=UserRoleCollectionNames,
        response=UserRoleCollections,
        failures=_CONFLICTS,
    ),
)
