"""Counts per key in windows of one minute, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

WINDOW_SECONDS = 60.0
MAX_KEYS = 10_000


class RateWindow:
    """Counts events per key in this process; the window of a key starts with its first event.

    Memory is bounded if the length of a key is: the key with the oldest event is evicted first.
    """

    def __init__(
        self,
        max_events: int,
        *,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow ``max_events`` per key and window; ``clock`` returns seconds."""
        self._max_events = max_events
        self._max_keys = max_keys
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def count(self, key: Hashable) -> float:
        """Count an event; return the seconds to wait if it exceeds the limit, else 0."""
        now = self._clock()
        with self._lock:
            began, events = self._windows.pop(key, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, events = now, 0
            self._windows[key] = began, events + 1
            if len(self._windows) > self._max_keys:
                self._windows.popitem(last=False)
        return began + WINDOW_SECONDS - now if events >= self._max_events else 0.0
