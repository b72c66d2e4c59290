"""Logs: one JSON object a line and never a secret (D-26)."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import select
import sys
import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from broker.compact_json import compact_json

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

LONGEST_CLIENT_TEXT = 128
"""Characters of it in a log line."""


_subject: ContextVar[dict[str, object]] = ContextVar("subject")
_NO_SUBJECT: dict[str, object] = {}


def begin_subject(**members: object) -> None:
    """Let every line from here on, in this context, have these members and no earlier ones."""
    _subject.set(members)


def add_to_subject(**members: object) -> None:
    """Give the lines of this context further members."""
    try:
        _subject.get().update(members)
    except LookupError:
        _subject.set(members)


def configure_logging(level: str, *, as_json: bool, stream: str = "stdout") -> None:
    """Send every log record of this process, also of libraries, to one stream in one form.

    Servers log to stdout; commands, whose stdout is their answer, to stderr. Our own lines do not
    take the way through ``logging``, which would cost a token request a quarter of its time.
    """
    shared: list[Any] = [complete_line]
    renderer: Any = (
        _as_json
        if as_json
        # Its own choice shows the values of all variables, where rich is installed.
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
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


_SIMPLE = frozenset({str, int, float, bool, type(None)})

# json.dumps makes an encoder for each line.
_encode = json.JSONEncoder(default=repr).encode


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    if _SIMPLE.issuperset(map(type, event.values())):
        # With blanks, as all others.
        return msgspec.json.format(compact_json(event), indent=0).decode()
    # What has members may be logged by mistake: its own words must do.
    return _encode(event)


class NamedLogger:
    """Writes lines, and knows the module that they come from.

    Each line, or those of ``lines_together``, is one call of the system: a lock, as structlog's own
    loggers have, lets all threads of a busy worker queue up behind it.
    """

    def __init__(self, name: str, descriptor: int) -> None:
        """Write to the file of this descriptor."""
        self.name = name
        self._descriptor = descriptor

    def msg(self, line: str) -> None:
        """Write a line; one that cannot be written is lost, and no request fails for it."""
        encoded = f"{line}\n".encode("utf-8", "backslashreplace")
        if _held.lines is None:
            _write(self._descriptor, encoded)
        else:
            _held.lines.append((self._descriptor, encoded))

    debug = info = warning = error = critical = exception = msg


class _Held(threading.local):
    """Lines of this thread that are to be written together."""

    lines: list[tuple[int, bytes]] | None = None


_held = _Held()


@contextmanager
def lines_together() -> Iterator[None]:
    """Write the lines that this thread logs in the meantime at the end, in few calls."""
    lines: list[tuple[int, bytes]] = []
    _held.lines = lines
    try:
        yield
    finally:
        _held.lines = None
        for descriptor, of_one in groupby(lines, itemgetter(0)):
            together = b""
            for _, line in of_one:
                # More than this at once is mixed with other processes' lines in a pipe.
                if together and len(together) + len(line) > select.PIPE_BUF:
                    _write(descriptor, together)
                    together = b""
                together += line
            _write(descriptor, together)


def _write(descriptor: int, left: bytes) -> None:
    with suppress(OSError):
        while left:
            left = left[os.write(descriptor, left) :]


def complete_line(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add what every line has: its subject, level, module and time; sanitise all of it.

    structlog has a processor for each of these. One alone takes a third of their time.
    """
    record = event.get("_record")
    complete = {
        "timestamp": f"{datetime.now(UTC).isoformat(timespec='microseconds')[:-6]}Z",
        "level": method,
        "logger": logger.name if record is None else record.name,
        **_subject.get(_NO_SUBJECT),
        **event,
    }
    unclean = [
        key
        for key, value in complete.items()
        if isinstance(value, str) and (len(value) > LONGEST_CLIENT_TEXT or not value.isprintable())
    ]
    for key in unclean:
        complete[key] = _sanitised(complete[key], shorten=key != "event")
    return complete


def _sanitised(text: str, *, shorten: bool) -> str:
    """Take control characters out of text that may come from a client, and shorten it."""
    clean = "".join(char if char.isprintable() else "?" for char in text)
    if shorten and len(clean) > LONGEST_CLIENT_TEXT:
        return clean[:LONGEST_CLIENT_TEXT] + "…"
    return clean
