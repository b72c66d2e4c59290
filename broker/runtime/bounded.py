"""Answers within a time limit, from work that may hang: a database that does not reply, say."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Bounded(Generic[T]):
    """Runs ``work`` in a thread of its own, one run at a time, and waits for it for so long."""

    def __init__(self, work: Callable[[], T], seconds: float) -> None:
        """``seconds`` is how long a caller waits."""
        self._work = work
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: Future[T] | None = None

    def __call__(self) -> T:
        """Return the result of a run that ended after this call; raise TimeoutError, or its error.

        Callers share a run that is under way: however many ask while it hangs, one thread waits.
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
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            future.set_exception(error)
        else:
            future.set_result(result)
