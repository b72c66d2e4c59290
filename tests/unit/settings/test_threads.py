"""The threads of a worker."""

from __future__ import annotations

from broker.settings.threads import (
    threads_of_worker,
    waiting_calls,
    waiting_grants,
    waiting_logins,
)


def test_requests_that_wait_leave_all_serving_threads() -> None:
    for threads in (2, 8, 256):
        waiting = waiting_calls(threads) + waiting_grants(threads) + waiting_logins(threads)
        assert threads_of_worker(threads) - waiting == threads
