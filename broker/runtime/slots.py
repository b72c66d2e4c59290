"""Slots for requests that may block: how many run concurrently, and how many wait (D-50)."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broker.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_SECONDS = 2.0


@dataclass(frozen=True, eq=False, slots=True)
class _Place:
    """A request that waits."""

    owner: int
    is_next: threading.Event = field(default_factory=threading.Event)


class FairSlots:
    """Admits requests in the order of their arrival; a waiting one holds no database connection."""

    def __init__(self, active: int, waiting: int, wait_seconds: float = WAIT_SECONDS) -> None:
        """Admit ``active`` requests; ``waiting`` more wait, each at most ``wait_seconds``.

        At most three quarters of those that wait are of one owner, such as a client's row id.
        """
        self._lock = threading.Lock()
        self._free = active
        self._max_waiting = waiting
        self._wait_seconds = wait_seconds
        self._places: deque[_Place] = deque()

    @contextmanager
    def slot(self, owner: int) -> Iterator[bool]:
        """Occupy a slot; yield whether the request had to wait. Raise Busy without a slot."""
        has_waited = self._acquire(owner)
        try:
            yield has_waited
        finally:
            self._release()

    def _acquire(self, owner: int) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return False
            of_owner = sum(place.owner == owner for place in self._places)
            is_full = len(self._places) >= self._max_waiting
            if is_full or of_owner >= max(1, self._max_waiting * 3 // 4):
                raise _busy()
            place = _Place(owner)
            self._places.append(place)
        if place.is_next.wait(self._wait_seconds):
            return True
        with self._lock:
            if place.is_next.is_set():  # after the timeout
                return True
            self._places.remove(place)
        raise _busy()

    def _release(self) -> None:
        with self._lock:
            if self._places:
                # The slot passes on: a new request must not overtake those that wait.
                self._places.popleft().is_next.set()
            else:
                self._free += 1


def _busy() -> Busy:
    return Busy("Too many token requests are already waiting.")
