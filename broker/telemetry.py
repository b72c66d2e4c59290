"""Logs: one JSON object a line, with a correlation id and never a secret (D-26)."""

from __future__ import annotations

import logging
import logging.config
import os
import sys
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from flask import g, request

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from flask import Flask, Response

CORRELATION_HEADERS = ("X-Correlation-ID", "X-CorrelationID", "X-Request-ID", "X-Vcap-Request-Id")

_CORRELATION_VARIABLES = tuple(
    f"HTTP_{name.upper().replace('-', '_')}" for name in CORRELATION_HEADERS
)
_LONGEST_CLIENT_TEXT = 128
QUIET_PATHS = frozenset({"/healthz", "/metrics", "/readyz"})

_log = structlog.get_logger(__name__)


def configure_logging(level: str, *, as_json: bool, stream: str = "stdout") -> None:
    """Send every log record of this process, also of libraries, to one stream in one form.

    Servers log to stdout; commands, whose stdout is their answer, to stderr. Our own lines do not
    take the way through ``logging``, which would cost a token request a quarter of its time.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tame,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    tracebacks = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    rendering = [*([tracebacks] if as_json else []), renderer]
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda name="": NamedLogger(name, getattr(sys, stream).fileno()),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        *rendering,
                    ],
                }
            },
            "handlers": {
                "stream": {
                    "class": "logging.StreamHandler",
                    "stream": f"ext://sys.{stream}",
                    "formatter": "line",
                }
            },
            "loggers": {
                "_granian": {"handlers": ["stream"], "level": "WARNING", "propagate": False},
                "gunicorn.error": {"handlers": ["stream"], "level": "WARNING", "propagate": False},
                "alembic": {"level": "WARNING"},
            },
            "root": {"handlers": ["stream"], "level": level.upper()},
        }
    )


class NamedLogger:
    """Writes lines, and knows the module that they come from.

    Each line is one call of the system: a lock, as structlog's own loggers have, lets all threads
    of a busy worker queue up behind it.
    """

    def __init__(self, name: str, descriptor: int) -> None:
        """Write to the file of this descriptor."""
        self.name = name
        self._descriptor = descriptor

    def msg(self, line: str) -> None:
        """Write a line."""
        left = f"{line}\n".encode("utf-8", "backslashreplace")
        while left:
            left = left[os.write(self._descriptor, left) :]

    debug = info = warning = error = critical = exception = msg


def _tame(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Shorten text that may come from a client and take control characters out of it."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = "".join(char if char.isprintable() else "?" for char in value)
        if key != "event" and isinstance(value, str) and len(value) > _LONGEST_CLIENT_TEXT:
            event[key] = event[key][:_LONGEST_CLIENT_TEXT] + "…"
    return event


def begin_request(environ: Mapping[str, Any]) -> str:
    """Return the correlation id of a request: its own, else a new one. Logs name it from now on."""
    given = (environ.get(name) for name in _CORRELATION_VARIABLES)
    correlation_id = next((value for value in given if value), None) or str(uuid4())
    correlation_id = correlation_id[:_LONGEST_CLIENT_TEXT]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
    return correlation_id


def end_request(environ: Mapping[str, Any], status: int, seconds: float) -> None:
    """Log a request that is answered, unless it is a probe or a scrape."""
    path = environ["PATH_INFO"]
    if path not in QUIET_PATHS:
        _log.info(
            "request",
            method=environ["REQUEST_METHOD"],
            path=path,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


def correlation_header(correlation_id: str) -> list[tuple[str, str]]:
    """Return the header that tells a client its correlation id, if a header can hold it."""
    if correlation_id.isascii() and correlation_id.isprintable():
        return [("X-Correlation-ID", correlation_id)]
    return []


def log_requests(app: Flask) -> None:
    """Log every request, each with a correlation id, which comes back."""

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        g.correlation_id = begin_request(request.environ)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers.extend(correlation_header(g.correlation_id))
        end_request(request.environ, response.status_code, time.perf_counter() - g.started)
        return response
