"""Threads of a worker do not interrupt the signing thread, and keep their core."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from broker.server.scheduling import disable_wakeup_preemption, share_of
from tests.support.scheduling import policy


def test_threads_that_are_started_afterwards_let_others_finish() -> None:
    def of_a_thread_started_later() -> int | None:
        disable_wakeup_preemption()
        with ThreadPoolExecutor(1) as later:
            return later.submit(policy).result()

    before = policy()
    with ThreadPoolExecutor(1) as worker:
        found = worker.submit(of_a_thread_started_later).result()
    assert found == getattr(os, "SCHED_BATCH", None)
    assert policy() == before


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(1, 64))
def test_workers_share_out_all_cpus_that_there_are(usable: set[int], workers: int) -> None:
    shares = [share_of(usable, worker, workers) for worker in range(workers)]
    if workers > len(usable):
        assert shares == [usable] * workers, "they go wherever they can"
        return
    assert sum(map(len, shares)) == len(usable)
    assert set().union(*shares) == usable
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
