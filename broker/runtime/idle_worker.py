"""A thread for work that may use idle CPU time only."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple["Future[Any]", Callable[[], Any]]


class IdleWorker:
    """Runs jobs one after the other in a daemon thread with the lowest scheduling priority."""

    def __init__(self, when_idle: Callable[[], bool]) -> None:
        """``when_idle`` runs after the last job, until it returns that nothing is left to do."""
        self._when_idle = when_idle
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Return the future of a job; one that is cancelled before it starts is skipped."""
        future: Future[T] = Future()
        self._start()
        self._jobs.put((future, job))
        return future

    def wake(self) -> None:
        """Have ``when_idle`` run."""
        self._start()
        self._jobs.put(None)

    def _start(self) -> None:
        # On first use, after the process was forked. As a daemon, so that a job does not delay the
        # end of the process.
        with self._starting:
            if not self._started:
                threading.Thread(target=self._work, name="idle-worker", daemon=True).start()
                self._started = True

    def _work(self) -> None:
        if hasattr(os, "SCHED_IDLE"):
            # All other threads preempt it. On Linux the policy is per thread; on other systems
            # priorities are per process.
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        while True:
            job = self._jobs.get()
            if job is not None and job[0].set_running_or_notify_cancel():
                _run(*job)
            while self._jobs.empty() and self._when_idle():
                pass


def _run(future: Future[Any], job: Callable[[], Any]) -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
        future.set_exception(error)
    else:
        future.set_result(result)
