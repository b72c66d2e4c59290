"""Logs: one JSON object a line, with a correlation id and never a secret (D-26)."""

from __future__ import annotations

import logging
import logging.config
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from flask import g, request

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from flask import Flask, Response

CORRELATION_HEADERS = ("X-Correlation-ID", "X-CorrelationID", "X-Request-ID", "X-Vcap-Request-Id")

_LONGEST_CLIENT_TEXT = 128
QUIET_PATHS = frozenset({"/healthz", "/metrics", "/readyz"})

_log = structlog.get_logger(__name__)


def configure_logging(level: str, *, as_json: bool, stream: str = "stdout") -> None:
    """Send every log record of this process, also of libraries, to one stream in one form.

    Servers log to stdout; commands, whose stdout is their answer, to stderr.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
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
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
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
                        *([tracebacks] if as_json else []),
                        renderer,
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


def _tame(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Shorten text that may come from a client and take control characters out of it."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = "".join(char if char.isprintable() else "?" for char in value)
        if key != "event" and isinstance(value, str) and len(value) > _LONGEST_CLIENT_TEXT:
            event[key] = event[key][:_LONGEST_CLIENT_TEXT] + "…"
    return event


def log_requests(app: Flask) -> None:
    """Log every request but probes and scrapes; give each a correlation id, which comes back."""

    @app.before_request
    def begin() -> None:
        given = (request.headers.get(name) for name in CORRELATION_HEADERS)
        correlation_id = next((value for value in given if value), None) or str(uuid4())
        g.started = time.perf_counter()
        g.correlation_id = correlation_id[:_LONGEST_CLIENT_TEXT]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=g.correlation_id)

    @app.after_request
    def end(response: Response) -> Response:
        if g.correlation_id.isascii() and g.correlation_id.isprintable():
            response.headers["X-Correlation-ID"] = g.correlation_id
        if request.path not in QUIET_PATHS:
            _log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                milliseconds=round((time.perf_counter() - g.started) * 1000, 1),
            )
        return response
