"""Threads of a worker do not interrupt the one that signs, and stay where they are."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.server.scheduling import keep_to_share, let_threads_finish


def policy() -> int | None:
    """Return this thread's, None where there is no such thing."""
    return os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None


def test_threads_that_are_started_afterwards_let_others_finish() -> None:
    def of_a_thread_started_later() -> int | None:
        let_threads_finish()
        with ThreadPoolExecutor(1) as later:
            return later.submit(policy).result()

    before = policy()
    with ThreadPoolExecutor(1) as worker:
        found = worker.submit(of_a_thread_started_later).result()
    assert found == getattr(os, "SCHED_BATCH", None)
    assert policy() == before


def cpus_of(worker: int, workers: int) -> set[int]:
    """Return those that a thread has which keeps to its share."""

    def kept() -> set[int]:
        keep_to_share(worker, workers)
        return set(os.sched_getaffinity(0))

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(kept).result()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system cannot be told")
def test_workers_share_out_all_cpus_that_there_are() -> None:
    usable = os.sched_getaffinity(0)
    for workers in range(1, len(usable) + 1):
        shares = [cpus_of(worker, workers) for worker in range(workers)]
        assert sum(map(len, shares)) == len(usable)
        assert set().union(*shares) == usable
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert cpus_of(0, len(usable) + 1) == usable, "more workers than CPUs go wherever they can"
    assert os.sched_getaffinity(0) == usable
