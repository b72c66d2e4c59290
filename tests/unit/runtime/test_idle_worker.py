"""Work with the lowest scheduling priority."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from broker.runtime.idle_worker import IdleWorker

AT_MOST_SECONDS = 300


def nothing_to_do() -> bool:
    return False


def test_jobs_run_in_order_and_hand_over_their_results() -> None:
    worker, order = IdleWorker(nothing_to_do), list[int]()

    def job(number: int) -> int:
        order.append(number)
        return number

    futures = [worker.submit(partial(job, number)) for number in range(5)]
    assert [future.result(AT_MOST_SECONDS) for future in futures] == order == [0, 1, 2, 3, 4]


def test_a_failed_job_raises_where_its_result_is_awaited() -> None:
    worker = IdleWorker(nothing_to_do)

    def fail() -> None:
        raise ZeroDivisionError

    failed = worker.submit(fail)
    with pytest.raises(ZeroDivisionError):
        failed.result(AT_MOST_SECONDS)
    assert worker.submit(lambda: 1).result(AT_MOST_SECONDS) == 1


def test_idle_work_goes_on_until_nothing_is_left() -> None:
    left, done = [3], threading.Event()

    def fill() -> bool:
        left[0] -= 1
        if left[0] == 0:
            done.set()
        return left[0] > 0

    IdleWorker(fill).wake()
    assert done.wait(AT_MOST_SECONDS)


def test_a_cancelled_job_is_skipped() -> None:
    worker, begun, go_on, ran = IdleWorker(nothing_to_do), threading.Event(), threading.Event(), []

    def block() -> None:
        begun.set()
        go_on.wait(AT_MOST_SECONDS)

    first = worker.submit(block)
    assert begun.wait(AT_MOST_SECONDS)
    second = worker.submit(lambda: ran.append(2))
    assert second.cancel()
    go_on.set()
    first.result(AT_MOST_SECONDS)
    worker.submit(lambda: ran.append(3)).result(AT_MOST_SECONDS)
    assert ran == [3]
