"""Wait for a moment in which no other process uses the processor."""

from __future__ import annotations

import time

import psutil

_BUSY_PERCENT = 15.0
_WINDOW_SECONDS = 0.2


def wait_until_idle(patience: float) -> bool:
    """Return True once every core is idle for a moment, False after ``patience``."""
    give_up = time.monotonic() + patience
    while True:
        if max(psutil.cpu_percent(_WINDOW_SECONDS, percpu=True)) < _BUSY_PERCENT:
            return True
        if time.monotonic() > give_up:
            return False
