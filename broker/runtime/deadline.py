"""By when a request must be answered: every wait on its way takes from the same budget (D-20)."""

from __future__ import annotations

import time
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("deadline", default=None)


def set_deadline(seconds: float) -> None:
    """Give the request that this thread handles so many seconds from now."""
    _ends_at.set(time.monotonic() + seconds)


def clear_deadline() -> None:
    """Forget the deadline; the thread handles another request next."""
    _ends_at.set(None)


def seconds_left(otherwise: float) -> float:
    """Return the seconds until the deadline, at least a little; ``otherwise`` without one."""
    ends_at = _ends_at.get()
    return otherwise if ends_at is None else max(0.01, ends_at - time.monotonic())
