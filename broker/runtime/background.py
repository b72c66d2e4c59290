"""The one background worker of a process: periodic tasks, and a last run while it drains."""

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
    """Work that is due every ``seconds``, for the first time after as many.

    ``run`` returns whether another attempt may complete what this one left undone, which matters
    only while the process drains. An exception is logged; the task stays due.
    """

    name: str
    run: Callable[[], bool]
    seconds: float
    at_start: bool = False
    """Whether the first run is due at once."""


class BackgroundWorker:
    """Runs tasks one after the other in one daemon thread, which starts when it is needed.

    A process that is forked later has no such thread, so a server creates the worker before its
    processes are forked and starts it after that.
    """

    def __init__(self, *tasks: PeriodicTask) -> None:
        """Start nothing yet."""
        self._tasks = list(tasks)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._running = threading.Lock()

    def add(self, task: PeriodicTask) -> None:
        """Add a task; raise RuntimeError once the worker runs."""
        if self._thread is not None:
            raise RuntimeError("The background worker runs already")
        self._tasks.append(task)

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="background", daemon=True)
                self._thread.start()

    def notify(self) -> None:
        """Have the tasks run for what the caller has just recorded.

        They run when they are due; while the process drains they run now, in the caller's thread,
        because the process may end before they would be due.
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
                # Other processes write the same rows now; each releases them quickly.
                time.sleep(_PAUSE_SECONDS)

    def _run(self, task: PeriodicTask) -> bool:
        with self._running:
            try:
                return task.run()
            except Exception as error:  # noqa: BLE001 - the database may be away; the next run is due
                _log.exception("background task failed", task=task.name, error=type(error).__name__)
                return False
