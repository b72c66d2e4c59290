"""One line a request, and the correlation id that all lines about it share (D-26)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from flask import g, request

from broker.ids import new_correlation_id
from broker.logs.structured import LONGEST_CLIENT_TEXT, begin_subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

_CORRELATION_VARIABLES = (
    "HTTP_X_CORRELATION_ID",
    "HTTP_X_CORRELATIONID",
    "HTTP_X_REQUEST_ID",
    "HTTP_X_VCAP_REQUEST_ID",
)
"""The headers that platforms send, by their names in WSGI."""


@dataclass(frozen=True, slots=True)
class _Begun:
    started: float
    correlation_id: str


QUIET_PATHS = frozenset({"/healthz", "/metrics", "/readyz"})

_log = structlog.get_logger(__name__)


def begin_request(environ: Mapping[str, Any]) -> str:
    """Return the correlation id of a request: its own, else a new one. Logs name it from now on."""
    given = (environ.get(name) for name in _CORRELATION_VARIABLES)
    correlation_id = next((value for value in given if value), None) or new_correlation_id()
    correlation_id = correlation_id[:LONGEST_CLIENT_TEXT]
    begin_subject(correlation_id=correlation_id)
    return correlation_id


def end_request(environ: Mapping[str, Any], status: int, seconds: float) -> None:
    """Log a request that is answered, unless it is a probe or a scrape."""
    path = environ["PATH_INFO"]
    if path not in QUIET_PATHS:
        # Somebody who did not prove himself, at whichever endpoint.
        log = _log.warning if status == HTTPStatus.UNAUTHORIZED else _log.info
        log(
            "request",
            method=environ["REQUEST_METHOD"],
            path=path,
            status=int(status),
            milliseconds=round(seconds * 1000, 1),
        )


def correlation_header(correlation_id: str) -> list[tuple[str, str]]:
    """Return the header that tells a client its correlation id, if a header can hold it."""
    if correlation_id.isascii() and correlation_id.isprintable():
        return [("X-Correlation-ID", correlation_id)]
    return []


def correlation_id() -> str:
    """Return the correlation id of the current request."""
    return _begun().correlation_id


def seconds_so_far() -> float:
    """Return how long the current request has taken so far."""
    return time.perf_counter() - _begun().started


def _begun() -> _Begun:
    begun: _Begun = g.begun
    return begun


def log_requests(app: Flask) -> None:
    """Log every request, each with a correlation id, which comes back."""

    @app.before_request
    def begin() -> None:
        g.begun = _Begun(time.perf_counter(), begin_request(request.environ))

    @app.after_request
    def end(response: Response) -> Response:
        response.headers.extend(correlation_header(correlation_id()))
        end_request(request.environ, response.status_code, seconds_so_far())
        return response

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        # What a library logs later in this thread is about another request, or none.
        begin_subject()
