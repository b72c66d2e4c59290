"""A lock whose waiters get it in the order in which they came."""

from __future__ import annotations

from collections import deque
from threading import Lock


class FairLock:
    """A context that one thread at a time is in; none overtakes another.

    ``threading.Lock`` lets whoever comes at the right moment overtake all who wait.
    """

    def __init__(self) -> None:
        self._is_free = True
        self._waiting: deque[Lock] = deque()
        self._state = Lock()

    def __enter__(self) -> None:
        with self._state:
            if self._is_free:
                self._is_free = False
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._state:
            if self._waiting:
                # Handed on: it is never free in between.
                self._waiting.popleft().release()
            else:
                self._is_free = True
