"""A time limit for work that may hang, such as a query to an unresponsive database."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Bounded(Generic[T]):
    """Runs ``work`` in a separate thread, never concurrently, and limits how long callers wait."""

    def __init__(self, work: Callable[[], T], seconds: float) -> None:
        """``seconds``: the time limit of each call."""
        self._work = work
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: Future[T] | None = None

    def __call__(self) -> T:
        """Return the result of ``work``, or raise its error; raise TimeoutError at the time limit.

        Concurrent callers share one run, so that a hanging run occupies one thread only.
        """
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(
                    target=self._run, args=(self._running,), name="bounded", daemon=True
                ).start()
            running = self._running
        return running.result(self._seconds)

    def _run(self, future: Future[T]) -> None:
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 - re-raised in the callers
            future.set_exception(error)
        else:
            future.set_result(result)
