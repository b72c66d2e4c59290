"""Errors of the token service as RFC 6749 JSON; this table is the only place that knows them."""

from __future__ import annotations

from functools import singledispatch
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog

from broker.errors import (
    AccessDenied,
    AuthenticationFailed,
    BrokerError,
    GrantRefused,
    TokenInvalid,
    TooManyFailures,
    ZoneNotFound,
)
from broker.logs.structured import add_to_subject
from broker.oauth.response import Answer, oauth_error

if TYPE_CHECKING:
    from flask import Blueprint, Response
    from werkzeug.exceptions import HTTPException

    from broker.oauth.observer import TokenObserver

_log = structlog.get_logger(__name__)

_CHALLENGE = (
    "WWW-Authenticate",
    'Basic realm="UAA/client", error="unauthorized", error_description="Bad credentials"',
)


def register_error_handlers(blueprint: Blueprint, observer: TokenObserver) -> None:
    """Have the blueprint answer every failure as RFC 6749 JSON, and tell ``observer`` of some."""

    @blueprint.errorhandler(BrokerError)
    def failed(error: BrokerError) -> Response:
        return answer_to(error, observer).response()


def answer_to(error: BrokerError, observer: TokenObserver) -> Answer:
    """Return the answer to a failure; tell ``observer`` if a request was at fault.

    The true reason, which clients do not see, is a member of the request's line in the log.
    """
    if isinstance(error, GrantRefused):
        observer.rejected(error.code)
    return _answer(error)


@singledispatch
def _answer(error: BrokerError) -> Answer:
    _log.error("token service unavailable", exc_info=error)
    return oauth_error(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "temporarily_unavailable",
        "Try again later",
        ("Retry-After", "1"),
    )


@_answer.register
def _bad_credentials(error: AuthenticationFailed) -> Answer:
    add_to_subject(refused=error.reason)
    return oauth_error(HTTPStatus.UNAUTHORIZED, "invalid_client", str(error), _CHALLENGE)


@_answer.register
def _refused(error: GrantRefused) -> Answer:
    add_to_subject(refused=error.code)
    if error.code == "invalid_client":
        return oauth_error(HTTPStatus.UNAUTHORIZED, error.code, str(error), _CHALLENGE)
    return oauth_error(HTTPStatus.BAD_REQUEST, error.code, str(error))


@_answer.register
def _too_many(error: TooManyFailures) -> Answer:
    add_to_subject(refused="too many failures")
    return oauth_error(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_requests",
        str(error),
        ("Retry-After", str(error.retry_after)),
    )


@_answer.register
def _bad_token(error: TokenInvalid) -> Answer:
    """Answer a Bearer token that does not count (RFC 6750 section 3.1, O-50)."""
    add_to_subject(refused=error.reason)
    challenge = f'Bearer realm="UAA/oauth", error="invalid_token", error_description="{error}"'
    return oauth_error(
        HTTPStatus.UNAUTHORIZED, "invalid_token", str(error), ("WWW-Authenticate", challenge)
    )


@_answer.register
def _denied(error: AccessDenied) -> Answer:
    add_to_subject(refused="access denied", scope=error.scope)
    if not error.scope:
        return oauth_error(HTTPStatus.FORBIDDEN, "access_denied", str(error))
    challenge = f'Bearer realm="UAA/oauth", error="insufficient_scope", scope="{error.scope}"'
    return oauth_error(
        HTTPStatus.FORBIDDEN, "access_denied", str(error), ("WWW-Authenticate", challenge)
    )


@_answer.register
def _unknown_zone(error: ZoneNotFound) -> Answer:
    return oauth_error(HTTPStatus.NOT_FOUND, "not_found", str(error))


def unforeseen() -> Answer:
    """Return the answer to what nobody has thought of."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return oauth_error(status, "server_error", status.phrase)


def http_error(error: HTTPException) -> Response:
    """Answer what the framework refuses: unknown paths, methods, sizes."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return unforeseen().response()
    code = {
        HTTPStatus.NOT_FOUND: "not_found",
        HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    }.get(status, "invalid_request")
    response = oauth_error(status, code, status.phrase).response()
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response
