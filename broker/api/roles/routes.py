"""The operations on roles and role templates."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.paths import AUTHORIZATION, READ_AUTHORIZATION, WRITE_AUTHORIZATION
from broker.api.roles.models import Role, RoleTemplate, role_of, template_of
from broker.api.roles.requests import RoleChange, RoleInput
from broker.api.route import Family, Query, Reply
from broker.authorization.collections.custom_roles import CustomRole
from broker.authorization.collections.model import RoleKey
from broker.authorization.views.model import RoleSelection

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services

_APPS = f"{AUTHORIZATION}/apps"
_TEMPLATES = f"{_APPS}/{{appId}}/roletemplates"
_TEMPLATE = f"{_TEMPLATES}/{{templateName}}"
_ROLE = f"{_TEMPLATE}/roles/{{roleName}}"
_family = Family("roles", READ_AUTHORIZATION, WRITE_AUTHORIZATION)
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_CONFLICTS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _list(services: Services, request: ApiRequest) -> Reply:
    return Reply([role_of(each) for each in services.list_roles.roles(request.zone)])


def _of_application(services: Services, request: ApiRequest) -> Reply:
    selection = RoleSelection(app_id=request.path["appId"])
    return Reply([role_of(each) for each in services.list_roles.roles(request.zone, selection)])


def _create(services: Services, request: ApiRequest) -> Reply:
    new: RoleInput = request.body
    role = CustomRole(new.key, new.description, new.attributes)
    return Reply(role_of(services.change_roles.create(request.actor, request.zone, role)))


def _show(services: Services, request: ApiRequest) -> Reply:
    return Reply(role_of(services.list_roles.role(request.zone, _key(request))))


def _change(services: Services, request: ApiRequest) -> Reply:
    given: RoleChange = request.body
    role = CustomRole(_key(request), given.description, given.attributes)
    return Reply(role_of(services.change_roles.change(request.actor, request.zone, role)))


def _delete(services: Services, request: ApiRequest) -> Reply:
    services.zone_roles.delete(request.actor, request.zone, _key(request))
    return Reply()


def _templates(services: Services, request: ApiRequest) -> Reply:
    found = services.list_roles.templates(request.zone, with_roles=request.query["showRoles"])
    return Reply([template_of(*each) for each in found])


def _templates_of_application(services: Services, request: ApiRequest) -> Reply:
    selection = RoleSelection(app_id=request.path["appId"])
    found = services.list_roles.templates(request.zone, selection, with_roles=True)
    return Reply([template_of(*each) for each in found])


def _template(services: Services, request: ApiRequest) -> Reply:
    selection = RoleSelection(request.path["appId"], request.path["templateName"])
    found = services.list_roles.templates(request.zone, selection, with_roles=True)
    return Reply(template_of(*found[0]))


def _key(request: ApiRequest) -> RoleKey:
    path = request.path
    return RoleKey(path["appId"], path["templateName"], path["roleName"])


ROUTES: Final = (
    _family.get(
        f"{AUTHORIZATION}/roles",
        "getRoles",
        "List the roles of all applications",
        _list,
        response=list[Role],
    ),
    _family.get(
        f"{_APPS}/{{appId}}/roles",
        "getRolesByAppId",
        "List the roles of an application",
        _of_application,
        response=list[Role],
        failures=_NOT_FOUND,
    ),
    _family.change(
        "POST",
        f"{_APPS}/roles",
        "createRole",
        "Create a role of a template",
        _create,
        request=RoleInput,
        response=Role,
        failures=_CONFLICTS,
    ),
    _family.get(
        _ROLE,
        "getRoleByAppAndRoleTemplate",
        "Show a role",
        _show,
        response=Role,
        failures=_NOT_FOUND,
    ),
    _family.change(
        "PUT",
        _ROLE,
        "updateRole",
        "Change the description and the attribute values of a role",
        _change,
        request=RoleChange,
        response=Role,
        failures=_NOT_FOUND,
    ),
    _family.change(
        "DELETE",
        _ROLE,
        "deleteRoleByRoleName",
        "Delete a role and take it out of all role collections",
        _delete,
        failures=_CONFLICTS,
    ),
    _family.get(
        f"{_APPS}/roletemplates",
        "getRoleTemplates",
        "List the role templates of all applications",
        _templates,
        response=list[RoleTemplate],
        query=(Query("showRoles", "boolean", default=False),),
    ),
    _family.get(
        _TEMPLATES,
        "getRoleTemplateByAppName",
        "List the role templates of an application",
        _templates_of_application,
        response=list[RoleTemplate],
        failures=_NOT_FOUND,
    ),
    _family.get(
        _TEMPLATE,
        "getRoleTemplateByName",
        "Show a role template",
        _template,
        response=RoleTemplate,
        failures=_NOT_FOUND,
    ),
)
