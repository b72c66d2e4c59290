"""A limit on failed authentications; it never blocks a correct secret (D-37)."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_SECONDS = 60.0
_MAX_KEYS = 10_000


class FailureLimit:
    """Counts failures per address and client in one-minute windows, in this process.

    Failures of platforms are counted per address alone. Memory is bounded: the pair with the oldest
    failure is evicted first. Forcing an eviction gains an attacker nothing: the limit protects the
    server, and secrets are too long to be guessed.
    """

    def __init__(
        self,
        max_failures: int,
        *,
        max_keys: int = _MAX_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow ``max_failures`` per window; 0 disables the limit."""
        self._max_failures = max_failures
        self._max_keys = max_keys
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def failed(self, address: str, client_id: str = "") -> float:
        """Count a failure; return the seconds to wait if it exceeds the limit, else 0."""
        if not self._max_failures:
            return 0.0
        now = self._clock()
        with self._lock:
            began, failures = self._windows.pop((address, client_id), (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, failures = now, 0
            self._windows[address, client_id] = began, failures + 1
            if len(self._windows) > self._max_keys:
                self._windows.popitem(last=False)
        return began + WINDOW_SECONDS - now if failures >= self._max_failures else 0.0
