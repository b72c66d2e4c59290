"""The threads of a worker."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from broker.runtime.slots import FairSlots
from broker.settings.threads import (
    active_logins,
    threads_of_worker,
    waiting_administration,
    waiting_calls,
    waiting_grants,
    waiting_logins,
)


def test_requests_that_wait_leave_all_serving_threads() -> None:
    for threads in (2, 8, 256):
        kinds = waiting_calls, waiting_grants, waiting_logins, waiting_administration
        waiting = sum(each(threads) for each in kinds)
        assert threads_of_worker(threads) - waiting == threads


def test_sixteen_users_of_one_network_log_on_at_once() -> None:
    """TH-20: in a single worker with the usual number of threads; a network is one address."""
    active = active_logins(8)
    slots = FairSlots(active, waiting_logins(8), wait_seconds=60)

    def log_on() -> bool:
        with slots.slot(1) as has_waited:
            return has_waited

    with ThreadPoolExecutor(16) as threads:
        with ExitStack() as occupied:
            for _ in range(active):
                occupied.enter_context(slots.slot(1))
            others = [threads.submit(log_on) for _ in range(16 - active)]
            while len(slots._places) + sum(each.done() for each in others) < len(others):
                time.sleep(0.01)
        assert all(each.result() for each in others)
