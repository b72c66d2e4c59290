"""Transactions: atomic, and repeated if another attempt can succeed (D-20)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from sqlite3 import IntegrityError as DriverError
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError

from broker.errors import StoreUnavailable
from tests.support.instances import START

if TYPE_CHECKING:
    from broker.store.repositories import Repositories
    from tests.support.domain import Domain


def test_two_deadlocked_transactions_both_succeed(domain: Domain) -> None:
    both_hold_one = threading.Barrier(2)
    attempts: list[str] = []
    deadlocked = domain.engine.dialect.name == "postgresql"

    def run(first: str, second: str) -> None:
        def work(repositories: Repositories) -> None:
            attempts.append(first)
            repositories.lock(first)
            # A lock is taken with the next statement that has a result.
            repositories.instances.find(first)
            # SQLite has a single writer; the attempt after a deadlock also runs alone.
            if len(attempts) <= 2:
                with suppress(threading.BrokenBarrierError):
                    both_hold_one.wait(timeout=None if deadlocked else 0.2)
            repositories.lock(second)

        domain.transactions.run(work)

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(run, "a", "b"), pool.submit(run, "b", "a")]
        for each in done:
            each.result()
    assert set(attempts) == {"a", "b"}
    assert len(attempts) == (3 if deadlocked else 2)


UNTIL = START.replace(year=2031)


def is_held(domain: Domain) -> bool:
    held = domain.transactions.read(
        lambda found: found.held_names.held_from("app!t1", "other", START)
    )
    return held == UNTIL


def test_work_that_raises_leaves_nothing(on_sqlite: Domain) -> None:
    def work(found: Repositories) -> None:
        found.held_names.hold("app!t1", "space", START, UNTIL)
        raise KeyError

    with pytest.raises(KeyError):
        on_sqlite.transactions.run(work)
    assert not is_held(on_sqlite)


@pytest.mark.parametrize("lost", [0, 1, 4])
def test_a_lost_race_for_a_unique_value_is_run_again(on_sqlite: Domain, lost: int) -> None:
    attempts: list[int] = []

    def work(found: Repositories) -> str:
        attempts.append(1)
        found.held_names.hold("app!t1", "space", START, UNTIL)
        if len(attempts) <= lost:
            raise IntegrityError("INSERT", {}, DriverError())
        return "done"

    assert on_sqlite.transactions.run(work) == "done"
    assert len(attempts) == lost + 1
    assert is_held(on_sqlite)


def test_after_five_attempts_it_is_given_up(on_sqlite: Domain) -> None:
    attempts: list[int] = []

    def work(found: Repositories) -> None:
        attempts.append(1)
        raise IntegrityError("INSERT", {}, DriverError())

    with pytest.raises(StoreUnavailable):
        on_sqlite.transactions.run(work)
    assert len(attempts) == 5


def test_any_other_fault_of_the_database_is_not_repeated(on_sqlite: Domain) -> None:
    attempts: list[int] = []

    def work(found: Repositories) -> None:
        attempts.append(1)
        raise InterfaceError("SELECT", {}, DriverError())

    for run in (on_sqlite.transactions.run, on_sqlite.transactions.read):
        with pytest.raises(StoreUnavailable):
            run(work)
    assert len(attempts) == 2
