"""Connection rebalancing: an overloaded worker closes connections, so that clients reconnect.

The kernel distributes new connections at random, and clients keep theirs for hours. A worker with
more connections than the others would stay slower for as long (decision 0031).
"""

from __future__ import annotations

import mmap
import time

_NUMBERS = 2
"""Numbers of each worker: its active requests, and when they were recorded."""

_NUMBER_BYTES = 8

_RECENT_SECONDS = 1.0
"""A worker without a more recent record is idle."""

_WEIGHT = 1 / 8
"""Weight of the latest number in a worker's moving average; single numbers fluctuate."""

_PAUSE_SECONDS = 0.1
"""Between two closed connections of a worker: the time until the first one takes effect."""

_TOLERATED = 1 / 8
"""Tolerated excess over a worker's share, as a fraction of it; at least one request."""


class Workers:
    """The active requests of each worker, in memory that processes forked later share.

    Each worker writes its own numbers only; no lock is needed.
    """

    def __init__(self, number: int) -> None:
        """``number``: how many workers there are; all are idle at first."""
        self._numbers = memoryview(mmap.mmap(-1, number * _NUMBERS * _NUMBER_BYTES)).cast("d")

    def note(self, worker: int, requests: float, now: float) -> None:
        """Record the active requests of a worker, counted from 0; ``now`` is monotonic time."""
        self._numbers[_NUMBERS * worker] = requests
        self._numbers[_NUMBERS * worker + 1] = now

    def share(self, now: float) -> float:
        """Return the average number of active requests per worker."""
        numbers = self._numbers.tolist()
        recent = [
            requests
            for requests, noted_at in zip(numbers[::_NUMBERS], numbers[1::_NUMBERS], strict=True)
            if now - noted_at < _RECENT_SECONDS
        ]
        return sum(recent) * _NUMBERS / len(numbers)


class ConnectionBalancer:
    """Compares one worker's active requests with the average of all workers."""

    def __init__(self, workers: Workers, own: int) -> None:
        """``own`` is the number of this worker, from 0."""
        self._workers = workers
        self._own = own
        self._requests = 0.0
        self._noted_at = self._waits_since = float("-inf")

    def should_close_connection(self, requests: int) -> bool:
        """Record the active requests; return whether a response should close its connection.

        Which worker accepts the new connection is random again, so connections are closed one by
        one until the load is balanced.
        """
        now = time.monotonic()
        if now - self._noted_at > _RECENT_SECONDS:
            # The first requests after an idle time: other workers may just be starting, too.
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
