"""Responses as bytes (RFC 9112)."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING

from broker.server.http.parsing import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})

_STATUS_LINES = {int(each): f"HTTP/1.1 {each:d} {each.phrase}" for each in HTTPStatus}


class _Clock:
    """The ``Date`` header of the current second."""

    second = 0
    header = ""

    @classmethod
    def date(cls) -> str:
        now = int(time.time())
        if now != cls.second:
            cls.header = f"Date: {formatdate(now, usegmt=True)}"
            cls.second = now
        return cls.header


def encode_response(
    request: HttpRequest,
    status: int,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    closes: bool,
) -> bytes:
    """Return the response to a request; ``closes`` adds ``Connection: close``.

    Raises ValueError if a header contains a line break.
    """
    lines = [_STATUS_LINES.get(status) or f"HTTP/1.1 {status} ", _Clock.date()]
    has_length = False
    for name, value in headers:
        if name == "Connection":
            continue
        has_length = has_length or name.lower() == "content-length"
        lines.append(f"{name}: {value}")
    if not has_length and status not in _WITHOUT_BODY:
        lines.append(f"Content-Length: {len(body)}")
    if closes:
        lines.append("Connection: close")
    elif request.version == "1.0":
        lines.append("Connection: keep-alive")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise ValueError("A response header contains a line break")
    encoded = head.encode("latin-1") + b"\r\n\r\n"
    has_body = request.method != "HEAD" and status not in _WITHOUT_BODY
    return encoded + body if has_body else encoded


def error_response(status: HTTPStatus, reason: str) -> bytes:
    """Return a JSON response with the members of OAuth and OSB errors, and close the connection."""
    is_server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    members = {
        "error": "server_error" if is_server_error else "invalid_request",
        "error_description": reason,
        "description": reason,
    }
    headers = [
        ("Content-Type", "application/json"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ]
    return encode_response(
        HttpRequest(), int(status), headers, json.dumps(members).encode(), closes=True
    )
