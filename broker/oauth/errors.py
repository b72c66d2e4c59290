"""Errors of the token service as RFC 6749 JSON; this table is the only place that knows them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Response, jsonify

from broker.errors import (
    AccessDenied,
    AuthenticationFailed,
    BrokerError,
    GrantRefused,
    TokenInvalid,
    TooManyFailures,
    ZoneNotFound,
)

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug.exceptions import HTTPException

    from broker.oauth.observer import TokenObserver

_log = structlog.get_logger(__name__)

_CHALLENGE = 'Basic realm="UAA/client", error="unauthorized", error_description="Bad credentials"'


def oauth_response(status: int, body: dict[str, object]) -> Response:
    """Return a JSON response that no cache keeps (RFC 6749 section 5.1)."""
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    response.headers["Content-Type"] = "application/json;charset=UTF-8"
    return response


def oauth_error(status: int, code: str, description: str) -> Response:
    """Return an RFC 6749 section 5.2 error."""
    return oauth_response(status, {"error": code, "error_description": description})


def register_error_handlers(blueprint: Blueprint, observer: TokenObserver) -> None:
    """Have the blueprint answer every failure as RFC 6749 JSON, and tell ``observer`` of some."""

    @blueprint.errorhandler(GrantRefused)
    def refused(error: GrantRefused) -> Response:
        observer.rejected(error.code)
        return _refused(error)

    blueprint.register_error_handler(AuthenticationFailed, _bad_credentials)
    blueprint.register_error_handler(TooManyFailures, _too_many)
    blueprint.register_error_handler(TokenInvalid, _bad_token)
    blueprint.register_error_handler(AccessDenied, _denied)
    blueprint.register_error_handler(ZoneNotFound, _unknown_zone)
    blueprint.register_error_handler(BrokerError, _unavailable)


def _bad_credentials(error: AuthenticationFailed) -> Response:
    _log.warning("client authentication failed", reason=error.reason)
    response = oauth_error(HTTPStatus.UNAUTHORIZED, "invalid_client", str(error))
    response.headers["WWW-Authenticate"] = _CHALLENGE
    return response


def _refused(error: GrantRefused) -> Response:
    _log.info("token request refused", error=error.code)
    is_the_client_s = error.code == "invalid_client"
    status = HTTPStatus.UNAUTHORIZED if is_the_client_s else HTTPStatus.BAD_REQUEST
    response = oauth_error(status, error.code, str(error))
    if is_the_client_s:
        response.headers["WWW-Authenticate"] = _CHALLENGE
    return response


def _too_many(error: TooManyFailures) -> Response:
    response = oauth_error(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", str(error))
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _bad_token(error: TokenInvalid) -> Response:
    """Answer a Bearer token that does not count (RFC 6750 section 3.1, O-50)."""
    _log.warning("token refused", reason=error.reason)
    response = oauth_error(HTTPStatus.UNAUTHORIZED, "invalid_token", str(error))
    response.headers["WWW-Authenticate"] = (
        f'Bearer realm="UAA/oauth", error="invalid_token", error_description="{error}"'
    )
    return response


def _denied(error: AccessDenied) -> Response:
    _log.info("access denied", scope=error.scope)
    response = oauth_error(HTTPStatus.FORBIDDEN, "access_denied", str(error))
    if error.scope:
        response.headers["WWW-Authenticate"] = (
            f'Bearer realm="UAA/oauth", error="insufficient_scope", scope="{error.scope}"'
        )
    return response


def _unknown_zone(error: ZoneNotFound) -> Response:
    return oauth_error(HTTPStatus.NOT_FOUND, "not_found", str(error))


def _unavailable(error: BrokerError) -> Response:
    _log.error("token service unavailable", exc_info=error)
    response = oauth_error(
        HTTPStatus.SERVICE_UNAVAILABLE, "temporarily_unavailable", "Try again later"
    )
    response.headers["Retry-After"] = "1"
    return response


def http_error(error: HTTPException) -> Response:
    """Answer what the framework refuses: unknown paths, methods, sizes."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code = {
        HTTPStatus.NOT_FOUND: "not_found",
        HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
        HTTPStatus.INTERNAL_SERVER_ERROR: "server_error",
    }.get(HTTPStatus(status), "invalid_request")
    response = oauth_error(status, code, HTTPStatus(status).phrase)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response
