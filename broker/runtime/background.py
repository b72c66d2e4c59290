"""The background worker of a process: periodic tasks, with a last run while draining."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from broker.runtime.draining import is_draining, wait_for_draining

_LAST_ATTEMPTS = 50
_PAUSE_SECONDS = 0.02

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """A task that runs every ``seconds``, first after ``seconds``.

    ``run`` returns whether work is left that another attempt may complete, which matters only while
    draining. An exception is logged, and the task runs again when it is due.
    """

    name: str
    run: Callable[[], bool]
    seconds: float
    at_start: bool = False
    """Whether the first run is due immediately."""


class BackgroundWorker:
    """Runs tasks sequentially in one daemon thread, which starts on demand.

    Threads are not inherited by forked processes: a server may create the worker before the fork,
    but must start it afterwards.
    """

    def __init__(self, *tasks: PeriodicTask) -> None:
        """The thread is not started yet."""
        self._tasks = list(tasks)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._running = threading.Lock()

    def add(self, task: PeriodicTask) -> None:
        """Add a task; raise RuntimeError if the worker is already running."""
        if self._thread is not None:
            raise RuntimeError("The background worker is already running")
        self._tasks.append(task)

    def start(self) -> None:
        """Start the thread unless it is running."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="background", daemon=True)
                self._thread.start()

    def notify(self) -> None:
        """Ensure that the tasks process what the caller has just recorded.

        They run when they are due. While draining they run immediately in the caller's thread,
        because the process may end before they are due.
        """
        if self._thread is None:
            self.start()
        if is_draining():
            self._finish()

    def _loop(self) -> None:
        now = time.monotonic()
        due = [now if task.at_start else now + task.seconds for task in self._tasks]
        while not wait_for_draining(max(0.0, min(due) - time.monotonic())):
            for index, task in enumerate(self._tasks):
                if due[index] <= time.monotonic():
                    self._run(task)
                    due[index] = time.monotonic() + task.seconds
        self._finish()

    def _finish(self) -> None:
        for task in self._tasks:
            for _ in range(_LAST_ATTEMPTS):
                if not self._run(task):
                    break
                # Other processes are writing the same rows and release them quickly.
                time.sleep(_PAUSE_SECONDS)

    def _run(self, task: PeriodicTask) -> bool:
        with self._running:
            try:
                return task.run()
            except Exception as error:  # noqa: BLE001 - e.g. no database; the next run retries
                _log.exception("background task failed", task=task.name, error=type(error).__name__)
                return False
