"""How many user grants a process handles at a time, and how many wait for their turn (D-50)."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from broker.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_SECONDS = 2.0


class GrantSlots:
    """Admits requests in the order of their arrival; a waiting one holds no database connection."""

    def __init__(self, active: int, waiting: int, wait_seconds: float = WAIT_SECONDS) -> None:
        """Admit ``active`` requests; ``waiting`` more wait, each at most ``wait_seconds``."""
        self._lock = threading.Lock()
        self._free = active
        self._max_waiting = waiting
        self._wait_seconds = wait_seconds
        self._turns: deque[threading.Event] = deque()

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """Occupy a slot; yield whether the request had to wait. Raise Busy without a slot."""
        has_waited = self._acquire()
        try:
            yield has_waited
        finally:
            self._release()

    def _acquire(self) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return False
            if len(self._turns) >= self._max_waiting:
                raise _busy()
            turn = threading.Event()
            self._turns.append(turn)
        if turn.wait(self._wait_seconds):
            return True
        with self._lock:
            if turn.is_set():  # after the timeout
                return True
            self._turns.remove(turn)
        raise _busy()

    def _release(self) -> None:
        with self._lock:
            if self._turns:
                # The slot passes on: a new request must not overtake those that wait.
                self._turns.popleft().set()
            else:
                self._free += 1


def _busy() -> Busy:
    return Busy("Too many token requests are already waiting.")
