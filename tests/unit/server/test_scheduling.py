"""Threads of a worker that wake up do not interrupt the one that signs."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from broker.server.scheduling import let_threads_finish


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
