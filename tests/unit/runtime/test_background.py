"""The background worker, with a fake clock and drain."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from broker.runtime import background
from broker.runtime.background import BackgroundWorker, PeriodicTask

HOUR = 3600.0


@dataclass
class Process:
    """Time passes only by waiting, until the process drains."""

    now: float = 0.0
    drains_at: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)

    def is_draining(self) -> bool:
        """Return whether the process drains."""
        return self.now >= self.drains_at

    def wait(self, seconds: float) -> bool:
        """Advance the time."""
        self.now = min(self.now + seconds, self.drains_at)
        return self.is_draining()

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, _seconds: float) -> None:
        """Return at once."""


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    made = Process()
    monkeypatch.setattr(background, "is_draining", made.is_draining)
    monkeypatch.setattr(background, "wait_for_draining", made.wait)
    monkeypatch.setattr(background, "time", made)
    return made


def run_to_the_end(worker: BackgroundWorker) -> None:
    worker.start()
    thread = worker._thread
    assert thread is not None
    thread.join()


def a_task(
    calls: list[tuple[str, float]], process: Process, name: str, seconds: float, **more: bool
) -> PeriodicTask:
    def run() -> bool:
        calls.append((name, process.now))
        return False

    return PeriodicTask(name, run, seconds, **more)


def test_each_task_runs_when_it_is_due_and_once_at_the_end(process: Process) -> None:
    process.drains_at = 25.0
    calls: list[tuple[str, float]] = []
    run_to_the_end(
        BackgroundWorker(
            a_task(calls, process, "flush", 10.0),
            a_task(calls, process, "upkeep", HOUR, at_start=True),
        )
    )
    assert calls == [
        ("upkeep", 0.0),
        ("flush", 10.0),
        ("flush", 20.0),
        ("flush", 25.0),
        ("upkeep", 25.0),
    ]


def test_a_failing_task_stays_due_and_stops_no_other(process: Process) -> None:
    process.drains_at = 25.0
    calls: list[tuple[str, float]] = []

    def fail() -> bool:
        calls.append(("fails", process.now))
        raise OSError("away")

    with capture_logs() as entries:
        run_to_the_end(
            BackgroundWorker(
                PeriodicTask("fails", fail, 10.0), a_task(calls, process, "works", 10.0)
            )
        )
    assert [name for name, _ in calls] == ["fails", "works"] * 3
    assert {(entry["task"], entry["error"]) for entry in entries} == {("fails", "OSError")}


def test_while_the_process_drains_a_notification_runs_the_tasks(process: Process) -> None:
    """The thread may have ended already."""
    left = [True, True, False, False, False]
    callers: list[int] = []

    def run() -> bool:
        callers.append(threading.get_ident())
        return left.pop(0)

    worker = BackgroundWorker(PeriodicTask("flush", run, HOUR))
    run_to_the_end(worker)
    assert len(callers) == 3
    worker.notify()
    assert callers[3:] == [threading.get_ident()]


def test_a_notification_before_that_only_starts_the_thread() -> None:
    calls: list[str] = []

    def run() -> bool:
        calls.append("run")
        return False

    before = set(threading.enumerate())  # other tests may have left daemon threads
    worker = BackgroundWorker(PeriodicTask("flush", run, HOUR))
    for _ in range(3):
        worker.notify()
    started = [each for each in threading.enumerate() if each not in before]
    assert [each.name for each in started] == ["background"]
    assert calls == []


def test_a_task_cannot_be_added_to_a_running_worker(process: Process) -> None:
    worker = BackgroundWorker(PeriodicTask("one", lambda: False, HOUR))
    run_to_the_end(worker)
    with pytest.raises(RuntimeError):
        worker.add(PeriodicTask("two", lambda: False, HOUR))
    assert process.is_draining()
