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
    """JSON that no cache keeps (RFC 6749 section 5.1)."""

    status: HTTPStatus
    body: bytes
    headers: tuple[tuple[str, str], ...] = _HEADERS

    def to_flask(self) -> Response:
        """Return it as the framework's response."""
        return Response(self.body, self.status, list(self.headers))


def json_response(
    status: HTTPStatus, body: Mapping[str, object], *further: tuple[str, str]
) -> OAuthResponse:
    """Return a JSON object, with further headers."""
    return OAuthResponse(status, compact_json(body), _HEADERS + further)


def oauth_error(
    status: HTTPStatus, code: str, description: str, *further: tuple[str, str]
) -> OAuthResponse:
    """Return an RFC 6749 section 5.2 error."""
    return json_response(status, {"error": code, "error_description": description}, *further)
