"""OSB responses: success bodies, and the table of errors with their statuses."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from flask import Response, request

from broker.compact_json import compact_json
from broker.errors import (
    AlreadyExists,
    AuthenticationFailed,
    BindingNotFound,
    Busy,
    ForbiddenChange,
    InstanceNotFound,
    InvalidRequest,
    MaintenanceConflict,
    StoreUnavailable,
    TooManyFailures,
    TrustUnknown,
)
from broker.logs.masking import without_secrets
from broker.logs.structured import add_to_subject
from broker.osb.headers import REQUEST_IDENTITY, UnsupportedVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.exceptions import HTTPException

_log = structlog.get_logger(__name__)

MAX_DESCRIPTION = 8000
"""Characters; Cloud Controller shows no more than 8,192."""
_MAX_SENTENCE = 3000
"""Characters of one of several sentences, such as one that lists the entries of a long key."""
RETRY_AFTER_SECONDS = "1"
"""Of a 503; the token service sends the same."""
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
_INTERNAL = "The broker failed; the reason is in its log."


def error_response(status: int, description: str, **members: Any) -> Response:
    """Return an OSB error object (OSB-ERR-02, OSB-ERR-03)."""
    return _json(status, {**members, "description": _cut(description)})


def joined(sentences: Sequence[str]) -> str | None:
    """Return the sentences as one description, the first ones of a long list; None without any."""
    if not sentences:
        return None
    text = _cut(sentences[0], _MAX_SENTENCE)
    for index, sentence in enumerate(sentences[1:], 1):
        added, rest = f" {_cut(sentence, _MAX_SENTENCE)}", f" And {len(sentences) - index} more."
        if len(text + added + rest) > MAX_DESCRIPTION:
            return text + rest
        text += added
    return text


def _cut(text: str, length: int = MAX_DESCRIPTION) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def broker_error(error: Exception) -> Response:
    """Map an exception to its response; anything unexpected is a 500 without details."""
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
        # Tells the platform that nothing is left to delete (OSB-ORPH-01).
        status = HTTPStatus.GONE
    _log.info("request refused", status=int(status), description=without_secrets(str(error)))
    return error_response(status, str(error), **_MEMBERS.get(type(error), {}))


def http_error(error: HTTPException) -> Response:
    """Map what the framework refuses: unknown paths, methods, sizes (OSB-HDR-09)."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    description = {
        HTTPStatus.NOT_FOUND: "The Open Service Broker API has no such path.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request body is too large.",
    }.get(status, f"{status.phrase}.")
    response = error_response(status, description)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def unauthenticated(error: AuthenticationFailed | TooManyFailures) -> Response:
    """Return the 401 for a request without valid broker credentials (OSB-AUTH-03), or a 429."""
    if isinstance(error, TooManyFailures):
        add_to_subject(refused="too many failures")
        limited = error_response(HTTPStatus.TOO_MANY_REQUESTS, f"{error}.")
        limited.headers["Retry-After"] = str(error.retry_after)
        return limited
    response = error_response(
        HTTPStatus.UNAUTHORIZED, "The broker user or password is missing or wrong."
    )
    response.headers["WWW-Authenticate"] = 'Basic realm="xsuaa-broker", charset="UTF-8"'
    return response


def success(status: HTTPStatus, **members: object) -> Response:
    """Return a success body with those of the members that are not None."""
    document = {name: value for name, value in members.items() if value is not None}
    return _json(status, document)


def echo_request_identity(response: Response) -> Response:
    """Send the request identity back, if it can be sent (OSB-HDR-05)."""
    identity = request.headers.get(REQUEST_IDENTITY)
    if identity and identity.isascii() and identity.isprintable():
        response.headers[REQUEST_IDENTITY] = identity
    return response


def _json(status: int, document: Mapping[str, object]) -> Response:
    return Response(compact_json(document), status, mimetype="application/json")
