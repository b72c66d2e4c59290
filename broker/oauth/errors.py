"""The one mapping from errors of the token service to RFC 6749 JSON."""

from __future__ import annotations

from functools import singledispatch
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog

from broker.errors import (
    AccessDenied,
    AuthenticationFailed,
    BrokerError,
    Busy,
    GrantRefused,
    NotFound,
    ProviderUnavailable,
    TokenInvalid,
    TooManyChanges,
    TooManyFailures,
    ZoneNotFound,
)
from broker.logs.structured import add_to_subject
from broker.oauth.response import OAuthResponse, oauth_error

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
    """Map every failure in the blueprint to RFC 6749 JSON; report rejections to ``observer``."""

    @blueprint.errorhandler(BrokerError)
    def failed(error: BrokerError) -> Response:
        return response_to(error, observer).to_flask()


def response_to(error: BrokerError, observer: TokenObserver) -> OAuthResponse:
    """Return the response to a failure; report a GrantRefused to ``observer``.

    The exact reason, which clients do not see, is a member of the request's log entry.
    """
    if isinstance(error, GrantRefused):
        observer.rejected(error.code)
    return _respond(error)


@singledispatch
def _respond(error: BrokerError) -> OAuthResponse:
    _log.error("token service unavailable", exc_info=error)
    return _unavailable()


def _unavailable() -> OAuthResponse:
    return oauth_error(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "temporarily_unavailable",
        "Try again later",
        ("Retry-After", "1"),
    )


@_respond.register
def _busy(_: Busy) -> OAuthResponse:
    add_to_subject(refused="busy")
    return _unavailable()


@_respond.register
def _provider_unavailable(error: ProviderUnavailable) -> OAuthResponse:
    add_to_subject(refused="provider unavailable", reason=error.reason)
    return _unavailable()


@_respond.register
def _bad_credentials(error: AuthenticationFailed) -> OAuthResponse:
    add_to_subject(refused=error.reason)
    return oauth_error(HTTPStatus.UNAUTHORIZED, "invalid_client", str(error), _CHALLENGE)


@_respond.register
def _refused(error: GrantRefused) -> OAuthResponse:
    add_to_subject(refused=error.code)
    if error.code == "invalid_client" and not error.is_unauthorized:
        return oauth_error(HTTPStatus.UNAUTHORIZED, error.code, str(error), _CHALLENGE)
    if error.code == "query_string_not_allowed":
        return oauth_error(HTTPStatus.NOT_ACCEPTABLE, error.code, str(error))
    if error.is_unauthorized:
        challenge = f'Bearer realm="UAA/oauth", error="{error.code}"'
        return oauth_error(
            HTTPStatus.UNAUTHORIZED, error.code, str(error), ("WWW-Authenticate", challenge)
        )
    return oauth_error(HTTPStatus.BAD_REQUEST, error.code, str(error))


@_respond.register
def _too_many_failures(error: TooManyFailures) -> OAuthResponse:
    add_to_subject(refused="too many failures")
    return _too_many(str(error), error.retry_after)


@_respond.register
def _too_many_changes(error: TooManyChanges) -> OAuthResponse:
    add_to_subject(refused="too many changes")
    return _too_many(str(error), error.retry_after)


def _too_many(text: str, retry_after: int) -> OAuthResponse:
    return oauth_error(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_requests",
        text,
        ("Retry-After", str(retry_after)),
    )


@_respond.register
def _bad_token(error: TokenInvalid) -> OAuthResponse:
    """Return the response to an invalid Bearer token (RFC 6750 section 3.1, O-50)."""
    add_to_subject(refused=error.reason)
    challenge = f'Bearer realm="UAA/oauth", error="invalid_token", error_description="{error}"'
    return oauth_error(
        HTTPStatus.UNAUTHORIZED, "invalid_token", str(error), ("WWW-Authenticate", challenge)
    )


@_respond.register
def _denied(error: AccessDenied) -> OAuthResponse:
    add_to_subject(refused="access denied", scope=error.scope)
    if not error.scope:
        return oauth_error(HTTPStatus.FORBIDDEN, "access_denied", str(error))
    challenge = f'Bearer realm="UAA/oauth", error="insufficient_scope", scope="{error.scope}"'
    return oauth_error(
        HTTPStatus.FORBIDDEN, "access_denied", str(error), ("WWW-Authenticate", challenge)
    )


@_respond.register
def _not_found(error: NotFound) -> OAuthResponse:
    """Return the response to an unknown user or client, with UAA's error code (O-103)."""
    return oauth_error(HTTPStatus.NOT_FOUND, "invalid_token", str(error))


@_respond.register
def _unknown_zone(error: ZoneNotFound) -> OAuthResponse:
    return oauth_error(HTTPStatus.NOT_FOUND, "not_found", str(error))


def server_error() -> OAuthResponse:
    """Return the response to an unexpected failure."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return oauth_error(status, "server_error", status.phrase)


def http_error(error: HTTPException) -> Response:
    """Return the response to an error of the framework: unknown path, method, excessive size."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return server_error().to_flask()
    code = {
        HTTPStatus.NOT_FOUND: "not_found",
        HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    }.get(status, "invalid_request")
    response = oauth_error(status, code, status.phrase).to_flask()
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response
