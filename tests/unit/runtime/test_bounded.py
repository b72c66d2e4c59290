"""Work that may hang, with a timeout: one thread for any number of callers."""

from __future__ import annotations

import threading

import pytest

from broker.runtime.bounded import Bounded

PATIENCE = 30.0


def test_each_call_gets_the_result_of_a_run_of_its_own() -> None:
    results = iter([1, 2])
    bounded = Bounded(lambda: next(results), PATIENCE)
    assert [bounded(), bounded()] == [1, 2]


def test_an_error_of_the_work_is_the_caller_s() -> None:
    def fail() -> None:
        raise KeyError("x")

    bounded = Bounded(fail, PATIENCE)
    for _ in range(2):
        with pytest.raises(KeyError):
            bounded()


def test_while_it_hangs_one_run_serves_all_callers() -> None:
    begun, end = threading.Event(), threading.Event()
    runs: list[int] = []

    def hang() -> str:
        runs.append(1)
        begun.set()
        end.wait()
        return "done"

    impatient = Bounded(hang, 0.0)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            impatient()
    begun.wait()
    assert runs == [1]
    end.set()


def test_after_a_run_has_ended_another_one_begins() -> None:
    runs: list[threading.Thread] = []
    bounded = Bounded(lambda: runs.append(threading.current_thread()), PATIENCE)
    bounded()
    runs[0].join()
    bounded()
    assert len(runs) == 2
    assert all(thread.daemon for thread in runs)
