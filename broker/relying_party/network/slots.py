"""Limits of concurrent requests to providers, in all and per host (D-51)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from broker.errors import ProviderUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WAIT: Final = 2.0
"""Seconds that a request waits for a slot."""


class RequestSlots:
    """Bounds the threads that wait for providers; one host never holds all slots."""

    def __init__(self, limit: int, waiting: int, max_wait: float = MAX_WAIT) -> None:
        """``limit``: active requests, at least 1; ``waiting``: requests that wait for a slot."""
        self._limit = limit
        self._limit_per_host = max(1, limit - 1)
        self._max_waiting = waiting
        self._max_wait = max_wait
        self._waiting = 0
        self._changed = threading.Condition()
        self._active: dict[str, int] = {}

    @contextmanager
    def holding(self, host: str) -> Iterator[None]:
        """Hold a slot; raise ProviderUnavailable if none becomes free for the host."""
        with self._changed:
            if not self._is_free(host) and not self._became_free(host):
                raise ProviderUnavailable("too many requests to providers", is_busy=True)
            self._active[host] = self._active.get(host, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._active[host] -= 1
                if not self._active[host]:
                    del self._active[host]
                self._changed.notify_all()

    def _is_free(self, host: str) -> bool:
        active = sum(self._active.values())
        return active < self._limit and self._active.get(host, 0) < self._limit_per_host

    def _became_free(self, host: str) -> bool:
        if self._waiting >= self._max_waiting:
            return False
        self._waiting += 1
        try:
            return self._changed.wait_for(lambda: self._is_free(host), self._max_wait)
        finally:
            self._waiting -= 1
