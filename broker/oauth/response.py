"""Responses of the token service, sent by the framework or the fast path."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response

from broker.compact_json import compact_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADERS = (
    ("Content-Type", "application/json;charset=UTF-8"),
    ("Cache-Control", "no-store"),
    ("Pragma", "no-cache"),
)


@dataclass(frozen=True, slots=True, repr=False)
class OAuthResponse:
    """A JSON response that must not be cached (RFC 6749 section 5.1)."""

    status: HTTPStatus
    body: bytes
    headers: tuple[tuple[str, str], ...] = _HEADERS

    def to_flask(self) -> Response:
        """Return the framework's form of the response."""
        return Response(self.body, self.status, list(self.headers))


def json_response(
    status: HTTPStatus, body: Mapping[str, object], *further: tuple[str, str]
) -> OAuthResponse:
    """Return a response with a JSON object and additional headers."""
    return OAuthResponse(status, compact_json(body), _HEADERS + further)


def oauth_error(
    status: HTTPStatus, code: str, description: str, *further: tuple[str, str]
) -> OAuthResponse:
    """Return an error response (RFC 6749 section 5.2)."""
    return json_response(status, {"error": code, "error_description": description}, *further)
