"""Locks by name: writers of one name wait for each other, on both databases (D-20)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from broker.store.database.operation_lock import lock
from broker.store.tables.core import operation_lock

if TYPE_CHECKING:
    from broker.store.repositories import Repositories
    from tests.support.domain import Domain


def test_the_second_writer_of_a_name_begins_when_the_first_has_ended(domain: Domain) -> None:
    first_holds, second_is_in = threading.Event(), threading.Event()
    met: list[bool] = []

    def first(found: Repositories) -> None:
        found.lock("i")
        # The lock is taken with the next statement that has a result.
        found.instances.find("i")
        first_holds.set()
        # While the lock is held, the second writer has to wait.
        met.append(second_is_in.wait(timeout=0.5))

    def second(found: Repositories) -> None:
        found.lock("i")
        # The lock is taken with the next statement that has a result.
        found.instances.find("i")
        second_is_in.set()

    one = threading.Thread(target=lambda: domain.transactions.run(first))
    one.start()
    first_holds.wait()
    domain.transactions.run(second)
    one.join()
    assert met == [False]


def test_no_row_is_left_and_a_name_may_be_locked_again(domain: Domain) -> None:
    with domain.engine.begin() as connection:
        for name in ("i", "i", "j"):
            lock(connection, name)
    with domain.engine.connect() as connection:
        count = connection.execute(select(func.count()).select_from(operation_lock)).scalar_one()
    assert count == 0
