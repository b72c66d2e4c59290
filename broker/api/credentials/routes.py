"""The operations on credentials of service instances."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from broker.api.credentials.answers import (
    instance_credentials,
    instance_item,
    revoked_credential,
    rotated_secret,
)
from broker.api.credentials.models import (
    InstanceCredentials,
    InstancePageBody,
    Revoked,
    Rotated,
    Rotation,
)
from broker.api.paths import CREDENTIALS, READ_AUTHORIZATION, WRITE_AUTHORIZATION
from broker.api.route import Family, Query, Reply
from broker.descriptor.model import CredentialType
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest
from broker.identity.users.search import ascii_lowered
from broker.lifecycle.overview.model import BindingPage, InstancePage
from broker.lifecycle.overview.read import parsed_types

if TYPE_CHECKING:
    from broker.api.request import ApiRequest, Services

MAX_COUNT: Final = 500
MAX_DAYS: Final = 400

_INSTANCES = f"{CREDENTIALS}/instances"
_ONE = f"{_INSTANCES}/{{instanceId}}"
_family = Family("credentials", READ_AUTHORIZATION, WRITE_AUTHORIZATION)
_NOT_FOUND = (HTTPStatus.NOT_FOUND,)
_CONFLICTS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_MAX_SEARCH = 255
_SORTS = ("created", "lastUsed")
_PAGE = (
    Query("search", default=""),
    Query("credentialType", default=""),
    Query("startIndex", "integer", default=1),
    Query("count", "integer", default=100),
)


def _list(services: Services, request: ApiRequest) -> Reply:
    offset, count = _part(request)
    page = InstancePage(_search(request), _type(request), offset, count)
    found, total = services.overviews.instances(request.zone, page)
    return Reply(
        InstancePageBody(
            resources=[instance_item(each) for each in found],
            start_index=offset + 1,
            items_per_page=count,
            total_results=total,
        )
    )


def _show(services: Services, request: ApiRequest) -> Reply:
    given, instance_id = request.query, request.path["instanceId"]
    offset, count = _part(request)
    if given["sortBy"] not in _SORTS:
        shown = printable(given["sortBy"])
        raise InvalidRequest.at("query parameter sortBy", f'"{shown}"', " or ".join(_SORTS))
    page = BindingPage(
        _search(request),
        _type(request),
        by_last_use=given["sortBy"] == "lastUsed",
        offset=offset,
        limit=count,
        days=given["days"],
    )
    types = None if given["types"] is None else parsed_types(given["types"])
    found = services.overviews.one(request.zone, instance_id, page)
    preview = types and services.overviews.preview(request.zone, instance_id, types)
    return Reply(instance_credentials(found, preview or None, offset + 1, count))


def _rotate(services: Services, request: ApiRequest) -> Reply:
    given: Rotation = request.body
    overlap = timedelta(seconds=given.overlap_seconds)
    rotated = services.change_credentials.rotate(
        request.actor, request.zone, request.path["instanceId"], overlap
    )
    return Reply(rotated_secret(rotated))


def _revoke_previous(services: Services, request: ApiRequest) -> Reply:
    services.change_credentials.revoke_previous(
        request.actor, request.zone, request.path["instanceId"]
    )
    return Reply()


def _revoke(services: Services, request: ApiRequest) -> Reply:
    revoked = services.change_credentials.revoke(
        request.actor, request.zone, request.path["instanceId"], request.path["bindingId"]
    )
    return Reply(revoked_credential(revoked))


def _part(request: ApiRequest) -> tuple[int, int]:
    """Return offset and number; like the other lists, at most ``MAX_COUNT``."""
    return max(request.query["startIndex"], 1) - 1, min(request.query["count"], MAX_COUNT)


def _search(request: ApiRequest) -> str:
    text: str = request.query["search"]
    if len(text) > _MAX_SEARCH:
        found = f"{len(text)} characters"
        raise InvalidRequest.at("query parameter search", found, f"at most {_MAX_SEARCH}")
    return ascii_lowered(text)


def _type(request: ApiRequest) -> str:
    text: str = request.query["credentialType"]
    if text and text not in set(CredentialType):
        allowed = ", ".join(CredentialType)
        found = f'"{printable(text)}"'
        raise InvalidRequest.at("query parameter credentialType", found, allowed)
    return text


ROUTES: Final = (
    _family.get(
        _INSTANCES,
        "getInstances",
        "List service instances with their credential types and last uses",
        _list,
        response=InstancePageBody,
        explicit_nulls=True,
        failures=(HTTPStatus.CONFLICT,),
        query=_PAGE,
    ),
    _family.get(
        _ONE,
        "getInstanceCredentials",
        "Show the credentials of a service instance, and with types what an update would cut off",
        _show,
        response=InstanceCredentials,
        explicit_nulls=True,
        failures=_CONFLICTS,
        query=(
            *_PAGE,
            Query("sortBy", default="created"),
            Query("days", "integer", default=30, maximum=MAX_DAYS),
            Query("types"),
        ),
    ),
    _family.change(
        "POST",
        f"{_ONE}/rotate",
        "rotateInstanceSecret",
        "Rotate the instance secret, with an overlap that accepts the previous one",
        _rotate,
        request=Rotation,
        response=Rotated,
        explicit_nulls=True,
        failures=_CONFLICTS,
    ),
    _family.change(
        "POST",
        f"{_ONE}/revoke-previous",
        "revokePreviousInstanceSecret",
        "End the overlap of a rotation",
        _revoke_previous,
        status=HTTPStatus.NO_CONTENT,
        failures=_CONFLICTS,
    ),
    _family.change(
        "POST",
        f"{_ONE}/bindings/{{bindingId}}/revoke",
        "revokeBindingCredential",
        "Revoke the credential of a binding at once and delete the binding",
        _revoke,
        response=Revoked,
        failures=_CONFLICTS,
    ),
)
