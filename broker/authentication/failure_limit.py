"""A limit on failed authentications; it never blocks a correct secret (D-37)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from broker.runtime.rate_window import MAX_KEYS, RateWindow

if TYPE_CHECKING:
    from collections.abc import Callable


class FailureLimit:
    """Counts failures per address and client in one-minute windows, in this process.

    Failures of platforms are counted per address alone. Forcing an eviction gains an attacker
    nothing: the limit protects the server, and secrets are too long to be guessed.
    """

    def __init__(
        self,
        max_failures: int,
        *,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow ``max_failures`` per window; 0 disables the limit."""
        self._max_failures = max_failures
        self._window = RateWindow(max_failures, max_keys=max_keys, clock=clock)

    def __len__(self) -> int:
        return len(self._window)

    def failed(self, address: str, client_id: str = "") -> float:
        """Count a failure; return the seconds to wait if it exceeds the limit, else 0."""
        return self._window.count((address, client_id)) if self._max_failures else 0.0
