"""How many OSB requests one process handles concurrently (D-20)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.errors import Busy
from broker.runtime.deadline import clear_deadline, seconds_left, set_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Limits:
    """Resource limits of OSB requests in one process.

    Bytes of a body, seconds of a request, active requests (those that use the database), and
    requests that are active or wait to become so.
    """

    body_bytes: int
    request_seconds: int
    active_requests: int
    queued_requests: int


class Admission:
    """Admits requests to the database.

    Token requests share threads and connections with platforms and must not starve: few requests
    are active, and queued ones never hold the last thread.
    """

    def __init__(self, limits: Limits) -> None:
        """Admit as many requests as the limits allow."""
        self._seconds = limits.request_seconds
        self._active = threading.BoundedSemaphore(limits.active_requests)
        self._queued = threading.BoundedSemaphore(limits.queued_requests)

    @contextmanager
    def deadline(self) -> Iterator[None]:
        """Limit the time of the request that this thread handles."""
        set_deadline(self._seconds)
        try:
            yield
        finally:
            clear_deadline()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait until the request may use the database; raise Busy if that takes too long."""
        with _acquired(self._queued, timeout=0.0), _acquired(self._active, timeout=self._left()):
            yield

    def _left(self) -> float:
        return seconds_left(self._seconds)


@contextmanager
def _acquired(semaphore: threading.BoundedSemaphore, *, timeout: float) -> Iterator[None]:
    if not semaphore.acquire(timeout=timeout):
        raise Busy("The broker is busy with other calls; try again in a minute.")
    try:
        yield
    finally:
        semaphore.release()
