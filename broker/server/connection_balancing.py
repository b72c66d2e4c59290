"""Which worker has more than its share of the clients: one of them is told to connect anew.

The kernel shares new connections out by chance, and clients keep theirs for hours. A worker that
got more than the others would be slower than these for as long (decision 0031).
"""

from __future__ import annotations

import mmap
import time

_NUMBERS = 2
"""For each worker: how many requests it has, and when that was."""

_NUMBER_BYTES = 8

_RECENT_SECONDS = 1.0
"""A worker that was heard of longer ago has nothing to do."""

_WEIGHT = 1 / 8
"""Of the latest number in the average of a worker: some of its clients are always on their way."""

_PAUSE_SECONDS = 0.1
"""Before one worker tells the next client: as long as it takes to see what the last one changed."""

_TOLERATED = 1 / 8
"""How much more than its share a worker may have, as part of it; at least one request."""


class Workers:
    """How many requests each worker has, in memory that processes share which are forked later.

    Each writes its own numbers only, so nobody waits for anybody.
    """

    def __init__(self, number: int) -> None:
        """Know of so many workers, which have nothing to do yet."""
        self._numbers = memoryview(mmap.mmap(-1, number * _NUMBERS * _NUMBER_BYTES)).cast("d")

    def note(self, worker: int, requests: float, now: float) -> None:
        """Note what the worker, counted from 0, has at that time of the monotonic clock."""
        self._numbers[_NUMBERS * worker] = requests
        self._numbers[_NUMBERS * worker + 1] = now

    def share(self, now: float) -> float:
        """Return how many requests each would have if all had the same."""
        numbers = self._numbers.tolist()
        recent = [
            requests
            for requests, noted_at in zip(numbers[::_NUMBERS], numbers[1::_NUMBERS], strict=True)
            if now - noted_at < _RECENT_SECONDS
        ]
        return sum(recent) * _NUMBERS / len(numbers)


class ConnectionBalancer:
    """What one worker knows of itself and the others."""

    def __init__(self, workers: Workers, own: int) -> None:
        """``own`` is the number of this worker, from 0."""
        self._workers = workers
        self._own = own
        self._requests = 0.0
        self._noted_at = self._waits_since = float("-inf")

    def should_close_connection(self, requests: int) -> bool:
        """Note how many requests are here; tell whether one's connection should end with it.

        Where it connects anew is chance again, so one after the other goes until the rest is fair.
        """
        now = time.monotonic()
        if now - self._noted_at > _RECENT_SECONDS:
            # After a silence: others may begin in this moment, too.
            self._requests, self._waits_since = float(requests), now
        else:
            self._requests += (requests - self._requests) * _WEIGHT
        self._noted_at = now
        self._workers.note(self._own, self._requests, now)
        if now - self._waits_since < _PAUSE_SECONDS:
            return False
        share = self._workers.share(now)
        if self._requests <= share + max(1.0, share * _TOLERATED):
            return False
        self._waits_since = now
        return True
