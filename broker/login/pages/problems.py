"""The problems that an error page describes (I-100a)."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus


class Problem(StrEnum):
    """A problem; the value is part of the keys of its texts: title, what happened, what to do."""

    INVALID_REQUEST = "invalid_request"
    """A parameter is missing, repeated or malformed (I-60)."""
    UNKNOWN_APPLICATION = "unknown_application"
    """The client does not exist (I-61)."""
    UNKNOWN_ZONE = "unknown_zone"
    """The host names no zone, or another one than the client's (I-62)."""
    ZONE_NOT_NAMED = "zone_not_named"
    """The host is shared by zones, and the request names none."""
    NO_BROWSER_LOGON = "no_browser_logon"
    """The client may not use ``authorization_code`` (I-63)."""
    REDIRECT = "redirect"
    """The redirect URI is absent or not registered (I-64)."""
    EXPIRED = "expired"
    """The form is too old, or belongs to another browser (I-93)."""
    FOREIGN_FORM = "foreign_form"
    """Another site sent the form (I-92)."""
    NO_PROVIDER = "no_provider"
    """The client excludes all identity providers (I-48)."""
    LOGIN_HINT = "login_hint"
    """The hint names no usable identity provider (I-47)."""
    PROVIDER_REFUSED = "provider_refused"
    """The identity provider reports an error, for example because the user cancelled (I-38)."""
    PROVIDER_FAILED = "provider_failed"
    """The identity provider is unreachable, or its response is invalid (I-38, I-39)."""
    USER_UNKNOWN = "user_unknown"
    """The provider does not create users, and the user does not exist (I-44)."""
    USER_REFUSED = "user_refused"
    """The user cannot log on: inactive, ambiguous, or known under another identity (D-38)."""
    LINK_INVALID = "link_invalid"
    """A one-time link is invalid, was used, or has expired (I-23)."""
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    """A limit of attempts is reached (I-19)."""
    BUSY = "busy"
    """The service or its database is unavailable now."""
    NOT_FOUND = "not_found"
    """The path does not exist."""
    METHOD_NOT_ALLOWED = "method_not_allowed"
    """The path does not accept the method."""
    SERVER_ERROR = "server_error"
    """An unexpected failure."""

    @property
    def status(self) -> HTTPStatus:
        """The status code."""
        return _STATUS.get(self, HTTPStatus.BAD_REQUEST)

    @property
    def code(self) -> str:
        """The error code of the JSON response (O-25); errors of the framework have none."""
        return _CODES.get(self, "invalid_request")


_STATUS = {
    Problem.UNKNOWN_ZONE: HTTPStatus.NOT_FOUND,
    Problem.FOREIGN_FORM: HTTPStatus.FORBIDDEN,
    Problem.NO_PROVIDER: HTTPStatus.FORBIDDEN,
    Problem.PROVIDER_REFUSED: HTTPStatus.FORBIDDEN,
    Problem.PROVIDER_FAILED: HTTPStatus.BAD_GATEWAY,
    Problem.USER_UNKNOWN: HTTPStatus.FORBIDDEN,
    Problem.USER_REFUSED: HTTPStatus.FORBIDDEN,
    Problem.LINK_INVALID: HTTPStatus.NOT_FOUND,
    Problem.TOO_MANY_ATTEMPTS: HTTPStatus.TOO_MANY_REQUESTS,
    Problem.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Problem.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Problem.SERVER_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_CODES = {
    Problem.UNKNOWN_ZONE: "not_found",
    Problem.UNKNOWN_APPLICATION: "invalid_client",
    Problem.NO_BROWSER_LOGON: "unauthorized_client",
    Problem.FOREIGN_FORM: "access_denied",
    Problem.NO_PROVIDER: "access_denied",
    Problem.LOGIN_HINT: "invalid_login_hint",
    Problem.PROVIDER_REFUSED: "access_denied",
    Problem.PROVIDER_FAILED: "server_error",
    Problem.USER_UNKNOWN: "access_denied",
    Problem.USER_REFUSED: "access_denied",
    Problem.LINK_INVALID: "not_found",
    Problem.TOO_MANY_ATTEMPTS: "too_many_requests",
    Problem.BUSY: "temporarily_unavailable",
}
