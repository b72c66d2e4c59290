"""Limits of concurrent requests to providers, in all, per host and per zone (D-51)."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from broker.errors import ProviderUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WAIT: Final = 2.0
"""Seconds that a request waits for a slot."""


class RequestSlots:
    """Bounds the threads that wait for providers; one host never holds all slots.

    An owner, a zone, holds at most as many slots as are free for others: a zone may have any number
    of hosts.
    """

    def __init__(self, limit: int, waiting: int, max_wait: float = MAX_WAIT) -> None:
        """``limit``: active requests, at least 1; ``waiting``: requests that wait for a slot."""
        self._limit = limit
        self._limit_per_host = max(1, limit - 1)
        self._max_waiting = waiting
        self._max_wait = max_wait
        self._waiting = 0
        self._changed = threading.Condition()
        self._hosts = Counter[str]()
        self._owners = Counter[str]()

    @contextmanager
    def holding(self, host: str, owner: str) -> Iterator[None]:
        """Hold a slot; raise ProviderUnavailable if none becomes free for host and owner."""
        with self._changed:
            if not self._is_free(host, owner) and not self._became_free(host, owner):
                raise ProviderUnavailable("too many requests to providers", is_busy=True)
            self._hosts[host] += 1
            self._owners[owner] += 1
        try:
            yield
        finally:
            with self._changed:
                self._hosts -= Counter([host])
                self._owners -= Counter([owner])
                self._changed.notify_all()

    def _is_free(self, host: str, owner: str) -> bool:
        free = self._limit - self._hosts.total()
        return self._owners[owner] < free and self._hosts[host] < self._limit_per_host

    def _became_free(self, host: str, owner: str) -> bool:
        if self._waiting >= self._max_waiting:
            return False
        self._waiting += 1
        try:
            return self._changed.wait_for(lambda: self._is_free(host, owner), self._max_wait)
        finally:
            self._waiting -= 1
