"""One thread at a time for work that must not take the interpreter from other requests."""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECONDS = 0.1

_PAUSE_SECONDS = 0.0003
"""Long enough for the event loop to read a token request and for the token batch to begin."""

_RECENT_SECONDS = 0.02
"""How long token requests count as continuing, after the last batch."""


class Turn:
    """Held by one thread at a time, so far as that takes no longer than a tenth of a second.

    Threads that execute Python code share the interpreter equally: beside twenty requests, the one
    thread that issues tokens of clients would get a twentieth of the time. A thread whose wait is
    too long goes on without the turn: the holder may be waiting for the database.

    While token requests arrive, a thread with the turn also pauses before each statement (0065).
    """

    def __init__(
        self,
        seconds: float = _SECONDS,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``seconds``: the longest wait for the turn; ``sleep`` and ``clock`` in seconds, too."""
        self._semaphore = threading.Semaphore()
        self._seconds = seconds
        self._sleep = sleep
        self._clock = clock
        self._thread = threading.local()
        self._tokens_at = -math.inf

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it within; not nested."""
        self._thread.is_within = True
        self._acquire()
        try:
            yield
        finally:
            self._release()
            self._thread.is_within = False

    @contextmanager
    def released(self) -> Iterator[None]:
        """Release it within, for a wait; a thread outside of ``held`` only waits."""
        if not getattr(self._thread, "is_within", False):
            yield
            return
        self._release()
        try:
            yield
        finally:
            self._acquire()

    def record_tokens(self) -> None:
        """Record that a batch of token requests is being served."""
        self._tokens_at = self._clock()

    def pause(self) -> None:
        """Pause a thread within ``held`` if a batch was recorded in the last 20 ms.

        It releases its CPU and the interpreter to the threads that serve token requests; these
        could take both only at the end of its time slice.
        """
        if getattr(self._thread, "is_within", False) and self._has_recent_tokens():
            self._sleep(_PAUSE_SECONDS)

    def _has_recent_tokens(self) -> bool:
        return self._clock() - self._tokens_at < _RECENT_SECONDS

    def _acquire(self) -> None:
        self._thread.holds = self._semaphore.acquire(timeout=self._seconds)

    def _release(self) -> None:
        if self._thread.holds:
            self._thread.holds = False
            self._semaphore.release()
