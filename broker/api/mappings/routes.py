"""The operations on mappings of a provider's attributes to role collections."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from broker.api.models import RequestModel
from broker.api.paths import AUTHORIZATION, READ_AUTHORIZATION, WRITE_AUTHORIZATION
from broker.api.role_collections.models import (
    RoleCollection,
    RoleCollectionAttribute,
    mapping_of,
    without_parts,
)
from broker.api.route import Family, Reply
from broker.authorization.collections.model import CollectionMapping
from broker.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.api.request import ApiRequest, Services

_ORIGIN = f"{AUTHORIZATION}/identity-providers/{{origin}}"
_ATTRIBUTES = f"{_ORIGIN}/attributes"
_ATTRIBUTE = f"{_ATTRIBUTES}/{{attributeName}}"
_COLLECTION = "rolecollections/{roleCollectionName}"
_family = Family("idp-attributes", READ_AUTHORIZATION, WRITE_AUTHORIZATION)
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_CONFLICTS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_Text = Annotated[str, Field(max_length=255)]


class IdentityProviderMapping(RequestModel):
    """A mapping to add; groups are the attribute ``Groups``."""

    role_collection_name: _Text = Field(alias="roleCollectionName")
    attribute_name: _Text = Field(alias="attributeName")
    attribute_value: _Text = Field(alias="attributeValue")
    operator: _Text


def _add(services: Services, request: ApiRequest) -> Reply:
    given: IdentityProviderMapping = request.body
    mapping = CollectionMapping(
        given.role_collection_name,
        request.path["origin"],
        given.attribute_name,
        given.attribute_value,
        given.operator,
    )
    services.map_collections.map(request.actor, request.zone, mapping)
    return Reply()


def _remove(services: Services, request: ApiRequest) -> Reply:
    path = request.path
    mapping = CollectionMapping(
        path["roleCollectionName"],
        path["origin"],
        path["attributeName"],
        path["attributeValue"],
        path["operator"],
    )
    if not services.map_collections.unmap(request.actor, request.zone, mapping):
        raise NotFound("There is no such mapping.")
    return Reply(mapping_of(mapping, request.zone))


def _list(services: Services, request: ApiRequest) -> Reply:
    """Return the mappings that the path selects."""
    path = request.path
    found = services.list_mappings.of_origin(
        request.zone,
        path["origin"],
        attribute=path.get("attributeName"),
        collection=path.get("roleCollectionName"),
    )
    return _reply(found, request.zone)


def _collections(services: Services, request: ApiRequest) -> Reply:
    path = request.path
    found = services.list_mappings.collections(
        request.zone, path["origin"], path["attributeName"], path["attributeValue"]
    )
    return Reply([without_parts(each) for each in found])


def _reply(found: Sequence[CollectionMapping], zone: str) -> Reply:
    return Reply([mapping_of(each, zone) for each in found])


ROUTES: Final = (
    _family.change(
        "POST",
        _ATTRIBUTES,
        "addIdpAttributeToRoleCollection",
        "Give users with an attribute value a role collection",
        _add,
        request=IdentityProviderMapping,
        failures=_CONFLICTS,
    ),
    _family.get(
        f"{_ATTRIBUTES}/rolecollections",
        "getIdpAttributeValues",
        "List the mappings of an identity provider",
        _list,
        response=list[RoleCollectionAttribute],
    ),
    _family.get(
        f"{_ATTRIBUTE}/{_COLLECTION}",
        "getIdpAttributeValuesFromRoleCollectionByAttribute",
        "List the mappings of an attribute to a role collection",
        _list,
        response=list[RoleCollectionAttribute],
        failures=_NOT_FOUND,
    ),
    _family.get(
        f"{_ORIGIN}/{_COLLECTION}",
        "getIdpAttributeValuesFromRoleCollection",
        "List the mappings of an identity provider to a role collection",
        _list,
        response=list[RoleCollectionAttribute],
        failures=_NOT_FOUND,
    ),
    _family.get(
        f"{_ATTRIBUTE}/{{attributeValue}}",
        "getRoleCollectionByAttributeValue",
        "List the role collections that an attribute value gives",
        _collections,
        response=list[RoleCollection],
    ),
    _family.change(
        "DELETE",
        f"{_ATTRIBUTE}/{{operator}}/{{attributeValue}}/{_COLLECTION}",
        "deleteIdpAttributeToRoleCollection",
        "Remove a mapping",
        _remove,
        response=RoleCollectionAttribute,
        failures=_NOT_FOUND,
    ),
)
