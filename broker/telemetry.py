"""Logs: one JSON object a line and never a secret (D-26)."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

LONGEST_CLIENT_TEXT = 128
"""Characters of it in a log line."""


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
        structlog.processors.JSONRenderer(lambda event, **_: _encode(event))
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


# json.dumps makes an encoder for each line.
_encode = json.JSONEncoder(default=repr).encode


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
        """Write a line; one that cannot be written is lost, and no request fails for it."""
        left = f"{line}\n".encode("utf-8", "backslashreplace")
        with suppress(OSError):
            while left:
                left = left[os.write(self._descriptor, left) :]

    debug = info = warning = error = critical = exception = msg


def _tame(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Shorten text that may come from a client and take control characters out of it."""
    for key, value in event.items():
        if not isinstance(value, str) or (
            len(value) <= LONGEST_CLIENT_TEXT and value.isprintable()
        ):
            continue
        text = "".join(char if char.isprintable() else "?" for char in value)
        if key != "event" and len(text) > LONGEST_CLIENT_TEXT:
            text = text[:LONGEST_CLIENT_TEXT] + "…"
        event[key] = text
    return event
