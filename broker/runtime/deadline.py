"""The deadline of a request: all waits of the request share one time budget (D-20)."""

from __future__ import annotations

import time
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("deadline", default=None)


def set_deadline(seconds: float) -> None:
    """Set the deadline of this thread's request to ``seconds`` from now."""
    _ends_at.set(time.monotonic() + seconds)


def clear_deadline() -> None:
    """Remove the deadline before the thread handles another request."""
    _ends_at.set(None)


def seconds_left(default: float) -> float:
    """Return the seconds until the deadline, at least 0.01; ``default`` without a deadline."""
    ends_at = _ends_at.get()
    return default if ends_at is None else max(0.01, ends_at - time.monotonic())
