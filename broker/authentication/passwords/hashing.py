"""Password hashes, one at a time per process and with idle CPU time first (I-15, D-41)."""

from __future__ import annotations

import itertools
import threading
from bisect import insort
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from broker.errors import Busy
from broker.identity.password_hash import hash_password, verify_password
from broker.runtime.idle_worker import IdleWorker

T = TypeVar("T")

_WAIT_SECONDS = 2.0
_IDLE_SECONDS = 1.0
"""A hash that idle CPU time did not complete within this time is computed at normal priority."""


@dataclass(order=True)
class _Job:
    """A waiting hash; jobs of known sources come first."""

    rank: tuple[bool, int]
    work: Callable[[], Any] = field(compare=False)
    result: Future[Any] = field(compare=False)

    @property
    def is_first(self) -> bool:
        return not self.rank[0]


class PasswordHashing:
    """Computes hashes in a thread of its own; the requests wait for it.

    A hash takes 60 ms of one CPU. It ends even if its client disconnects, and only then the next
    one starts. The thread has the lowest priority (decision 0027); on a busy machine it might not
    run at all, so that each hash may take a second before it is computed at normal priority.
    """

    def __init__(
        self,
        max_waiting: int,
        wait_seconds: float = _WAIT_SECONDS,
        idle_seconds: float = _IDLE_SECONDS,
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """At most ``max_waiting`` requests wait, each ``wait_seconds`` until its hash starts.

        A request waits within the context ``waiting``.
        """
        self._waits = waiting
        self._max_active = max_waiting + 1
        self._wait_seconds = wait_seconds
        self._idle_seconds = idle_seconds
        self._idle = IdleWorker(lambda: False)
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._waiting: list[_Job] = []
        self._is_running = False
        self._thread: threading.Thread | None = None

    def verify(self, phc: str, password: str, *, is_first: bool = False) -> bool:
        """Return whether the password is that of the hash; raise Busy if too many are waiting.

        ``is_first`` puts the hash before all others, and in place of one if the queue is full.
        """
        return self._run(lambda: verify_password(phc, password), is_first=is_first)

    def hash(self, password: str, *, is_first: bool = True) -> str:
        """Return the PHC string of a new hash; raise Busy."""
        return self._run(lambda: hash_password(password), is_first=is_first)

    def require_room(self, *, is_first: bool) -> None:
        """Raise Busy if a hash would be refused now."""
        with self._changed:
            if self._is_full() and not (is_first and self._displaceable()):
                raise _busy()

    def _run(self, work: Callable[[], T], *, is_first: bool) -> T:
        result: Future[T] = Future()
        job = _Job((not is_first, next(self._numbers)), work, result)
        with self._changed:
            if self._is_full():
                displaced = self._displaceable() if is_first else []
                if not displaced:
                    raise _busy()
                self._waiting.remove(displaced[-1])
                displaced[-1].result.cancel()
            insort(self._waiting, job)
            self._start()
            self._changed.notify()
        try:
            with self._waits():
                return cast("T", self._result_of(job))
        except CancelledError:
            raise _busy() from None

    def _result_of(self, job: _Job) -> Any:
        with suppress(TimeoutError):
            return job.result.result(self._wait_seconds)
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
                raise _busy()
        return job.result.result()

    def _is_full(self) -> bool:
        return len(self._waiting) + self._is_running >= self._max_active

    def _displaceable(self) -> list[_Job]:
        return [job for job in self._waiting if not job.is_first]

    def _start(self) -> None:
        # Not before the first hash: workers are forked, and threads do not survive that.
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="password-hash", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                job = self._waiting.pop(0)
                self._is_running = True
            try:
                result = self._computed(job.work)
            except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
                self._end()
                job.result.set_exception(error)
            else:
                self._end()
                job.result.set_result(result)

    def _computed(self, work: Callable[[], T]) -> T:
        result = self._idle.submit(work)
        with suppress(FutureTimeoutError):
            return result.result(self._idle_seconds)
        result.cancel()
        return work()

    def _end(self) -> None:
        with self._changed:
            self._is_running = False


def _busy() -> Busy:
    return Busy("Too many passwords are being checked.")
