"""The log line of each request, and the correlation id of all its lines (D-26)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from flask import g, request

from broker.ids import new_correlation_id
from broker.logs.masking import path_for_log, usable_id, without_secrets
from broker.logs.structured import begin_subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

_CORRELATION_VARIABLES = (
    "HTTP_X_CORRELATION_ID",
    "HTTP_X_CORRELATIONID",
    "HTTP_X_REQUEST_ID",
    "HTTP_X_VCAP_REQUEST_ID",
)
"""Correlation headers of platforms by their WSGI names; the first one present is used."""

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

QUIET_PATHS = frozenset({"/healthz", "/metrics", "/readyz"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _RequestStart:
    time: float
    correlation_id: str


def begin_request(environ: Mapping[str, Any]) -> str:
    """Return the correlation id that the request sends, or a new one; add it to log lines.

    An id that may contain a secret is replaced by a new one.
    """
    sent = (environ.get(name) for name in _CORRELATION_VARIABLES)
    given = next((value for value in sent if value), None)
    correlation_id = (given and usable_id(given)) or new_correlation_id()
    begin_subject(correlation_id=correlation_id)
    return correlation_id


def end_request(environ: Mapping[str, Any], status: int, seconds: float) -> None:
    """Log a completed request, except probes and metrics scrapes; ``seconds`` is its duration."""
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if path not in QUIET_PATHS:
        # An unauthenticated client, at any endpoint.
        log = _log.warning if status == HTTPStatus.UNAUTHORIZED else _log.info
        log(
            "request",
            method=method if method in _METHODS else without_secrets(method),
            path=path_for_log(path),
            status=int(status),
            milliseconds=round(seconds * 1000, 1),
        )


def correlation_header(correlation_id: str) -> list[tuple[str, str]]:
    """Return the response header with the correlation id; none if it is not printable ASCII."""
    if correlation_id.isascii() and correlation_id.isprintable():
        return [("X-Correlation-ID", correlation_id)]
    return []


def correlation_id() -> str:
    """Return the correlation id of the current request."""
    return _request_start().correlation_id


def seconds_so_far() -> float:
    """Return the seconds since the start of the current request."""
    return time.perf_counter() - _request_start().time


def _request_start() -> _RequestStart:
    start: _RequestStart = g.request_start
    return start


def log_requests(app: Flask) -> None:
    """Log every request of the application and return its correlation id in the response."""

    @app.before_request
    def begin() -> None:
        g.request_start = _RequestStart(time.perf_counter(), begin_request(request.environ))

    @app.after_request
    def end(response: Response) -> Response:
        response.headers.extend(correlation_header(correlation_id()))
        end_request(request.environ, response.status_code, seconds_so_far())
        return response

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        # Later log lines of this thread belong to another request, or to none.
        begin_subject()
