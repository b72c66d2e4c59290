"""The operations on applications; all of them read."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.applications.models import App, Scope, Usage, app_of, scope_of
from broker.api.paths import AUTHORIZATION, READ_AUTHORIZATION, WRITE_AUTHORIZATION
from broker.api.route import Family, Query, Reply
from broker.authorization.views.model import ApplicationSelection

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services

_APPS = f"{AUTHORIZATION}/apps"
_OWN = f"{AUTHORIZATION}/ownapp"
_family = Family("application", READ_AUTHORIZATION, WRITE_AUTHORIZATION)
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_EVERY_CLIENT = ("uaa.resource",)


def _list(services: Services, request: ApiRequest) -> Reply:
    given = request.query
    if given["onlyForSubaccountId"] not in {None, request.zone}:
        return Reply([])
    selection = ApplicationSelection(given["onlyForOrgId"], given["onlyForXsappname"])
    found = services.list_applications.all(request.zone, selection)
    return Reply([app_of(each) for each in found])


def _show(services: Services, request: ApiRequest) -> Reply:
    name, given = request.path["id"], request.query
    is_instance = given["isServiceInstanceId"]
    selection = ApplicationSelection(
        app_id=None if is_instance else name, instance_id=name if is_instance else None
    )
    if given["hideDetails"]:
        return Reply(app_of(services.list_applications.one(request.zone, selection)))
    return _with_details(services, request, selection)


def _own(services: Services, request: ApiRequest) -> Reply:
    selection = ApplicationSelection(app_id=request.caller.client.app_id)
    return _with_details(services, request, selection)


def _with_details(
    services: Services, request: ApiRequest, selection: ApplicationSelection
) -> Reply:
    found = services.list_applications.details(request.zone, selection)
    return Reply(app_of(found.application, found))


def _usage(services: Services, request: ApiRequest) -> Reply:
    given, app_id = request.query, request.caller.client.app_id
    return Reply(
        Usage(
            subscriptions=[] if given["listSubscriptions"] else None,
            reference_count=services.list_applications.references_to(request.zone, app_id),
            clone_subscriptions=[] if given["listCloneSubscriptions"] else None,
        )
    )


def _scopes(services: Services, request: ApiRequest) -> Reply:
    found = services.list_applications.scopes(request.zone, request.path["appId"])
    return Reply([scope_of(each) for each in found])


def _scope(services: Services, request: ApiRequest) -> Reply:
    path = request.path
    found = services.list_applications.scope(request.zone, path["appId"], path["scopeName"])
    return Reply(scope_of(found))


def _authorities(services: Services, request: ApiRequest) -> Reply:
    found = services.list_applications.granted_by(
        request.zone,
        request.path["appId"],
        grantor=request.query["grantedByAppId"],
        grantor_instance=request.query["grantedByAppGuid"],
    )
    return Reply(list(found))


ROUTES: Final = (
    _family.get(
        _APPS,
        "getApps",
        "List the applications of the subaccount",
        _list,
        response=list[App],
        query=(
            Query("onlyForOrgId"),
            # Every application has a client.
            Query("onlyWithClientId", "boolean", default=True),
            Query("onlyForSubaccountId"),
            Query("onlyForXsappname"),
        ),
        explicit_nulls=True,
    ),
    _family.get(
        f"{_APPS}/{{id}}",
        "getAppById",
        "Show an application with its scopes, authorities and role templates",
        _show,
        response=App,
        failures=_NOT_FOUND,
        query=(
            Query("isServiceInstanceId", "boolean", default=False),
            Query("hideDetails", "boolean", default=False),
        ),
        explicit_nulls=True,
    ),
    _family.get(
        f"{_APPS}/{{appId}}/scopes",
        "listScopes",
        "List the scopes that an application defines",
        _scopes,
        response=list[Scope],
        failures=_NOT_FOUND,
    ),
    _family.get(
        f"{_APPS}/{{appId}}/scopes/{{scopeName}}",
        "getScope",
        "Show a scope by its full or local name",
        _scope,
        response=Scope,
        failures=_NOT_FOUND,
    ),
    _family.get(
        f"{_APPS}/{{appId}}/authorities",
        "getGrantedAuthorities",
        "List the scopes that another application grants to an application",
        _authorities,
        scopes=_EVERY_CLIENT,
        response=list[str],
        failures=_NOT_FOUND,
        query=(Query("grantedByAppId"), Query("grantedByAppGuid")),
    ),
    _family.get(
        _OWN,
        "getOwnApp",
        "Show the application of the access token",
        _own,
        response=App,
        failures=_NOT_FOUND,
        explicit_nulls=True,
    ),
    _family.get(
        f"{_OWN}/usage",
        "getOwnAppUsage",
        "Count the references of other applications to that of the access token",
        _usage,
        response=Usage,
        failures=_NOT_FOUND,
        query=(
            Query("tenant"),
            Query("zoneid"),
            Query("listSubscriptions", "boolean", default=False),
            Query("listCloneSubscriptions", "boolean", default=False),
        ),
    ),
)
