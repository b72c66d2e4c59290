"""Deadlock of two transactions: the database aborts one, which is retried (D-20)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.store.repositories import Repositories
    from tests.support.domain import Domain


def test_both_transactions_succeed(domain: Domain) -> None:
    both_hold_one = threading.Barrier(2)
    attempts: list[str] = []

    def run(first: str, second: str) -> None:
        def work(repositories: Repositories) -> None:
            attempts.append(first)
            repositories.lock(first)
            # SQLite has one writer at a time; the second attempt finds no other.
            with suppress(threading.BrokenBarrierError):
                both_hold_one.wait(timeout=2)
            repositories.lock(second)

        domain.transactions.run(work)

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(run, "a", "b"), pool.submit(run, "b", "a")]
        for each in done:
            each.result()
    assert set(attempts) == {"a", "b"}
    deadlocked = domain.engine.dialect.name == "postgresql"
    assert len(attempts) == (3 if deadlocked else 2)
