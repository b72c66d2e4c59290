"""The one mapping from errors of the domain to status codes and bodies of the APIs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

from broker.descriptor.paths import printable
from broker.errors import (
    AccessDenied,
    AlreadyExists,
    AuthenticationFailed,
    BindingNotFound,
    Busy,
    ForbiddenChange,
    InstanceNotFound,
    InvalidRequest,
    NotFound,
    ProviderUnavailable,
    ReadOnly,
    RoleCollectionNotFound,
    StateConflict,
    TokenInvalid,
    TooManyChanges,
    UserExists,
)
from broker.logs.structured import add_to_subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.exceptions import HTTPException

    from broker.errors import BrokerError

_log = structlog.get_logger(__name__)

_MAX_NAME = 255
_EXISTS = "scim_resource_already_exists"
UNAUTHENTICATED = "Full authentication is required to access this resource"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request: status, a code of OAuth (RFC 6750) or SCIM, and the text for the client.

    ``scope`` lists the missing scopes of a 403. ``details``: more members of a body in SCIM.
    """

    status: HTTPStatus
    text: str
    code: str = ""
    scope: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_about_token(self) -> bool:
        """Whether the body is that of RFC 6750 in every API."""
        return self.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and bool(self.code)


def rest_body(failure: Failure) -> Mapping[str, Any]:
    """Return the body of ``/sap/rest``: one text, or the members of RFC 6750."""
    return token_body(failure) if failure.is_about_token else {"error": failure.text}


def token_body(failure: Failure) -> Mapping[str, Any]:
    """Return the body of a failed authentication or authorization."""
    body = {"error": failure.code, "error_description": failure.text}
    return body | {"scope": failure.scope} if failure.scope else body


def unauthenticated() -> Failure:
    """Return the failure of a request without token."""
    return _unauthorized("unauthorized", UNAUTHENTICATED)


@singledispatch
def failure_of(error: BrokerError) -> Failure:
    """Return the failure; unexpected errors are reported as unavailability and logged."""
    _log.error("administration API unavailable", exc_info=error)
    return _unavailable()


def too_many(retry_after: float) -> Failure:
    """Return the failure of a request above a limit; seconds until the next is accepted."""
    seconds = str(max(1, round(retry_after)))
    return Failure(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"Too many requests of this subaccount; try again in {seconds} seconds.",
        "too_many_requests",
        headers=(("Retry-After", seconds),),
    )


def http_failure(error: HTTPException) -> Failure:
    """Return the failure of a request that the framework refuses, for its size."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    texts = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is longer than 1 MB."}
    return Failure(status, texts.get(status, status.phrase), "invalid_request")


def _unauthorized(code: str, text: str) -> Failure:
    challenge = f'Bearer realm="UAA/oauth", error="{code}", error_description="{text}"'
    return Failure(HTTPStatus.UNAUTHORIZED, text, code, headers=(("WWW-Authenticate", challenge),))


def _unavailable() -> Failure:
    return Failure(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The service is busy or unavailable; try again later.",
        "temporarily_unavailable",
        headers=(("Retry-After", "1"),),
    )


@failure_of.register
def _busy(_: Busy) -> Failure:
    add_to_subject(refused="busy")
    return _unavailable()


@failure_of.register
def _provider_unavailable(error: ProviderUnavailable) -> Failure:
    add_to_subject(refused="provider unavailable", reason=error.reason)
    return Failure(HTTPStatus.BAD_GATEWAY, str(error), "provider_unavailable")


@failure_of.register
def _token_invalid(error: TokenInvalid) -> Failure:
    add_to_subject(refused=error.reason)
    return _unauthorized("invalid_token", str(error))


@failure_of.register
def _not_authenticated(error: AuthenticationFailed) -> Failure:
    add_to_subject(refused=error.reason)
    return _unauthorized("invalid_token", "Token was not recognised")


@failure_of.register
def _denied(error: AccessDenied) -> Failure:
    add_to_subject(refused="access denied", scope=error.scope)
    text = "Insufficient scope for this resource"
    challenge = (
        'Bearer realm="UAA/oauth", error="insufficient_scope",'
        f' error_description="{text}", scope="{error.scope}"'
    )
    return Failure(
        HTTPStatus.FORBIDDEN,
        text,
        "insufficient_scope",
        error.scope,
        (("WWW-Authenticate", challenge),),
    )


@failure_of.register
def _invalid(error: InvalidRequest) -> Failure:
    violations = [each.as_json() for each in error.violations]
    details = {"violations": violations} if violations else {}
    return Failure(HTTPStatus.BAD_REQUEST, str(error), details=details)


@failure_of.register
def _not_found(error: NotFound) -> Failure:
    return Failure(HTTPStatus.NOT_FOUND, str(error))


@failure_of.register
def _no_collection(error: RoleCollectionNotFound) -> Failure:
    """Return the failure with the text of the original."""
    name = printable(error.name, _MAX_NAME)
    text = f"No entity found with values = [[{error.zone}, {name}, {error.zone}]]"
    return Failure(HTTPStatus.NOT_FOUND, text)


@failure_of.register
def _no_instance(error: InstanceNotFound) -> Failure:
    return Failure(HTTPStatus.NOT_FOUND, str(error))


@failure_of.register
def _no_binding(error: BindingNotFound) -> Failure:
    return Failure(HTTPStatus.NOT_FOUND, str(error))


@failure_of.register
def _exists(error: AlreadyExists) -> Failure:
    return Failure(HTTPStatus.CONFLICT, str(error), _EXISTS)


@failure_of.register
def _user_exists(error: UserExists) -> Failure:
    details = {"user_id": error.user_id, "active": error.is_active}
    text = f"Username already in use: {error.name}"
    return Failure(HTTPStatus.CONFLICT, text, _EXISTS, details=details)


@failure_of.register
def _conflict(error: StateConflict) -> Failure:
    return Failure(HTTPStatus.CONFLICT, str(error))


@failure_of.register
def _read_only(error: ReadOnly) -> Failure:
    return Failure(HTTPStatus.FORBIDDEN, str(error))


@failure_of.register
def _forbidden(error: ForbiddenChange) -> Failure:
    return Failure(HTTPStatus.FORBIDDEN, str(error))


@failure_of.register
def _too_many_changes(error: TooManyChanges) -> Failure:
    return too_many(error.retry_after)
