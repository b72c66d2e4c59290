"""Errors and extra members of OSB responses; this table is the only place that knows statuses."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from flask import Response, g, jsonify, request

from broker.errors import (
    AlreadyExists,
    BindingNotFound,
    Busy,
    ForbiddenChange,
    InstanceNotFound,
    InvalidRequest,
    MaintenanceConflict,
    StoreUnavailable,
    TrustUnknown,
)
from broker.osb.headers import REQUEST_IDENTITY, UnsupportedVersion

if TYPE_CHECKING:
    from werkzeug.exceptions import HTTPException

_log = structlog.get_logger(__name__)

_CATALOG = "open_broker.catalog"
LONGEST_DESCRIPTION = 8000
RETRY_AFTER_SECONDS = "1"
"""Of an answer 503; the token service says the same."""
_STATUS: dict[type[Exception], HTTPStatus] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    AlreadyExists: HTTPStatus.CONFLICT,
    InstanceNotFound: HTTPStatus.NOT_FOUND,
    BindingNotFound: HTTPStatus.NOT_FOUND,
    ForbiddenChange: HTTPStatus.UNPROCESSABLE_ENTITY,
    MaintenanceConflict: HTTPStatus.UNPROCESSABLE_ENTITY,
    Busy: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsupportedVersion: HTTPStatus.PRECONDITION_FAILED,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TrustUnknown: HTTPStatus.SERVICE_UNAVAILABLE,
}
_MEMBERS: dict[type[Exception], dict[str, Any]] = {
    Busy: {"error": "ConcurrencyError"},
    MaintenanceConflict: {"error": "MaintenanceInfoConflict"},
    ForbiddenChange: {"instance_usable": True, "update_repeatable": False},
}
_INTERNAL = "The broker failed; its operator finds the reason in the log."


def error_response(status: int, description: str, **members: Any) -> Response:
    """Return an OSB error object (OSB-ERR-02, OSB-ERR-03)."""
    response = jsonify({**members, "description": description[:LONGEST_DESCRIPTION]})
    response.status_code = status
    return response


def broker_error(error: Exception) -> Response:
    """Answer an error of ours; anything unforeseen becomes a 500 that says nothing."""
    status = _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", exc_info=error)
        if status != HTTPStatus.SERVICE_UNAVAILABLE:
            return error_response(status, _INTERNAL)
        response = error_response(status, str(error))
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
        return response
    missing = isinstance(error, InstanceNotFound | BindingNotFound)
    if missing and request.method == "DELETE":
        # The platform then knows that there is nothing left to delete (OSB-ORPH-01).
        status = HTTPStatus.GONE
    _log.info("request refused", status=int(status), description=str(error))
    return error_response(status, str(error), **_MEMBERS.get(type(error), {}))


def http_error(error: HTTPException) -> Response:
    """Answer what the framework refuses: unknown paths, methods, sizes (OSB-HDR-09)."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    description = {
        HTTPStatus.NOT_FOUND: "The Open Service Broker API has no such path.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request body is too large.",
    }.get(status, f"{status.phrase}.")
    response = error_response(status, description)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def unauthorized() -> Response:
    """Answer a caller without valid broker credentials (OSB-AUTH-03)."""
    response = error_response(
        HTTPStatus.UNAUTHORIZED, "The broker user or password is missing or wrong."
    )
    response.headers["WWW-Authenticate"] = 'Basic realm="xsuaa-broker", charset="UTF-8"'
    return response


def add_to_body(**members: Any) -> None:
    """Add members to the success body that openbrokerapi's response classes lack."""
    g.setdefault("osb_members", {}).update(members)


def complete_response(response: Response) -> Response:
    """Echo the request identity and merge what ``add_to_body`` collected (OSB-HDR-05)."""
    identity = request.headers.get(REQUEST_IDENTITY)
    if identity and identity.isascii() and identity.isprintable():
        response.headers[REQUEST_IDENTITY] = identity
    members = g.pop("osb_members", None)
    if members and response.status_code in {HTTPStatus.OK, HTTPStatus.CREATED}:
        body = response.get_json()
        response.set_data(jsonify({**body, **members}).get_data())
    if request.endpoint == _CATALOG and response.status_code == HTTPStatus.OK:
        response.add_etag()
        response.make_conditional(request)
    return response
