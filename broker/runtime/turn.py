"""One thread at a time for work that must not take the interpreter from other requests."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 0.1


class Turn:
    """Held by one thread at a time, so far as that takes no longer than a tenth of a second.

    Threads that execute Python code share the interpreter equally: beside twenty requests, the one
    thread that issues tokens of clients would get a twentieth of the time. A thread whose wait is
    too long goes on without the turn: the holder may be waiting for the database.
    """

    def __init__(self, seconds: float = _SECONDS) -> None:
        """``seconds``: the longest wait for the turn."""
        self._semaphore = threading.Semaphore()
        self._seconds = seconds
        self._thread = threading.local()

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

    def _acquire(self) -> None:
        self._thread.holds = self._semaphore.acquire(timeout=self._seconds)

    def _release(self) -> None:
        if self._thread.holds:
            self._thread.holds = False
            self._semaphore.release()
