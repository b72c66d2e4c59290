"""The operations on identity providers; a provider is named by its id or its origin."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.identity_providers.models import (
    IasTenant,
    IdentityProvider,
    provider_of,
    tenant_of,
)
from broker.api.identity_providers.requests import IdentityProviderInput, with_json_paths
from broker.api.paths import IDENTITY_PROVIDERS, READ_PROVIDERS, WRITE_PROVIDERS
from broker.api.route import Family, Query, Reply
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, NotFound
from broker.identity.user import canonical_origin

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services
    from broker.identity.providers.provider import Provider

_ONE = f"{IDENTITY_PROVIDERS}/{{id}}"
_TENANTS = f"{IDENTITY_PROVIDERS}/ias"
_family = Family("identity-providers", READ_PROVIDERS, WRITE_PROVIDERS)
_RAW = Query("rawConfig", "boolean", default=False)
_NOT_FOUND = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _list(services: Services, request: ApiRequest) -> Reply:
    found = services.providers.records(request.zone)
    only_active = request.query["activeOnly"]
    return Reply([provider_of(each) for each in found if each.is_active or not only_active])


def _show(services: Services, request: ApiRequest) -> Reply:
    return Reply(provider_of(_named(services, request)))


def _create(services: Services, request: ApiRequest) -> Reply:
    given: IdentityProviderInput = request.body
    new = given.new_provider(request.zone)
    try:
        return Reply(provider_of(services.providers.add(request.actor, request.zone, new)))
    except InvalidRequest as error:
        raise with_json_paths(error) from None


def _change(services: Services, request: ApiRequest) -> Reply:
    given: IdentityProviderInput = request.body
    provider = _named(services, request)
    changes = given.changes_of(provider)
    change = services.providers.change
    try:
        return Reply(provider_of(change(request.actor, request.zone, provider.origin, changes)))
    except InvalidRequest as error:
        raise with_json_paths(error) from None


def _delete(services: Services, request: ApiRequest) -> Reply:
    return _deleted(services, request, _named(services, request).origin)


def _delete_by_origin(services: Services, request: ApiRequest) -> Reply:
    return _deleted(services, request, request.path["originKey"])


def _deleted(services: Services, request: ApiRequest, origin: str) -> Reply:
    deleted = services.providers.delete(request.actor, request.zone, origin)
    return Reply(provider_of(deleted.provider))


def _tenants(services: Services, request: ApiRequest) -> Reply:
    return Reply(_tenants_of(services, request))


def _tenant(services: Services, request: ApiRequest) -> Reply:
    host = request.path["tenantUrl"]
    for each in _tenants_of(services, request):
        if each.host == host:
            return Reply(each)
    raise NotFound(f"No identity provider of the subaccount is the tenant {printable(host)}.")


def _tenants_of(services: Services, request: ApiRequest) -> list[IasTenant]:
    found = map(tenant_of, services.providers.records(request.zone))
    return [each for each in found if each is not None]


def _named(services: Services, request: ApiRequest) -> Provider:
    name = request.path["id"]
    found = services.providers.records(request.zone)
    origin = canonical_origin(name)
    for each in (*(one for one in found if one.guid == name), *found):
        if each.guid == name or each.origin == origin:
            return each
    raise NotFound(f"The subaccount has no identity provider {printable(name)}.")


ROUTES: Final = (
    _family.get(
        IDENTITY_PROVIDERS,
        "retrieveIdentityProviders",
        "List the identity providers, the local user store first",
        _list,
        response=list[IdentityProvider],
        failures=(HTTPStatus.CONFLICT,),
        query=(Query("activeOnly", "boolean", default=False), _RAW),
        explicit_nulls=True,
    ),
    _family.get(
        _ONE,
        "retrieveIdentityProvider",
        "Show an identity provider",
        _show,
        response=IdentityProvider,
        failures=_NOT_FOUND,
        query=(_RAW,),
        explicit_nulls=True,
    ),
    _family.change(
        "POST",
        IDENTITY_PROVIDERS,
        "createIdentityProvider",
        "Add an identity provider that speaks OpenID Connect",
        _create,
        request=IdentityProviderInput,
        response=IdentityProvider,
        status=HTTPStatus.CREATED,
        failures=(HTTPStatus.CONFLICT,),
        query=(_RAW,),
        explicit_nulls=True,
    ),
    _family.change(
        "PUT",
        _ONE,
        "updateIdentityProvider",
        "Change an identity provider; config replaces the configuration, a secret stays",
        _change,
        request=IdentityProviderInput,
        response=IdentityProvider,
        failures=_NOT_FOUND,
        query=(_RAW,),
        explicit_nulls=True,
    ),
    _family.change(
        "DELETE",
        _ONE,
        "deleteIdentityProvider",
        "Delete an identity provider with its users and mappings",
        _delete,
        response=IdentityProvider,
        failures=_NOT_FOUND,
        query=(_RAW,),
        explicit_nulls=True,
    ),
    _family.change(
        "DELETE",
        f"{IDENTITY_PROVIDERS}/originKey/{{originKey}}",
        "deleteIdentityProviderUsingOriginKey",
        "Delete the identity provider of an origin with its users and mappings",
        _delete_by_origin,
        response=IdentityProvider,
        failures=_NOT_FOUND,
        query=(_RAW,),
        explicit_nulls=True,
    ),
    _family.get(
        _TENANTS,
        "retrieveIasTenants",
        "List the tenants of SAP Cloud Identity Services that are identity providers",
        _tenants,
        response=list[IasTenant],
        failures=(HTTPStatus.CONFLICT,),
    ),
    _family.get(
        f"{_TENANTS}/status",
        "retrieveIasTenantStates",
        "List these tenants with their states",
        _tenants,
        response=list[IasTenant],
        failures=(HTTPStatus.CONFLICT,),
    ),
    _family.get(
        f"{_TENANTS}/{{tenantUrl}}",
        "retrieveIasTenant",
        "Show such a tenant by its host",
        _tenant,
        response=IasTenant,
        failures=_NOT_FOUND,
    ),
)
