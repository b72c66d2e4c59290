"""Errors of the token service as RFC 6749 JSON; this table is the only place that knows them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Response, jsonify

from broker.errors import AuthenticationFailed, BrokerError, GrantRefused

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
    """Have the blueprint answer every failure as RFC 6749 JSON, and tell ``observer`` of it."""

    @blueprint.errorhandler(AuthenticationFailed)
    def bad_credentials(error: AuthenticationFailed) -> Response:
        observer.refused(error)
        return _bad_credentials(error)

    @blueprint.errorhandler(GrantRefused)
    def refused(error: GrantRefused) -> Response:
        observer.rejected(error.code)
        return _refused(error)

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
