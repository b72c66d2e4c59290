"""Persistent connections of the token endpoint: outside of the pool, replaced when closed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Lock
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import bindparam, event, select

from broker.errors import StoreUnavailable
from broker.store.database.engine import open_engine
from broker.store.database.held_statement import HeldStatement
from broker.store.tables.core import data_key

if TYPE_CHECKING:
    from sqlalchemy import PoolProxiedConnection

    from tests.support.domain import Domain
    from tests.support.postgres import PrivatePostgres

QUERY = select(data_key.c.id, data_key.c.purpose, data_key.c.created_at).where(
    data_key.c.purpose == bindparam("purpose")
)


def test_rows_are_as_the_engine_would_return_them(domain: Domain) -> None:
    with domain.engine.connect() as connection:
        [expected] = connection.execute(QUERY, {"purpose": "seal"}).all()
    [row] = HeldStatement(domain.engine, QUERY).rows(purpose="seal")
    assert row == tuple(expected)
    assert row._fields == ("id", "purpose", "created_at")
    assert row.created_at.tzinfo is not None


def test_each_set_of_parameters_gets_its_own_rows(domain: Domain) -> None:
    """In a pipeline on PostgreSQL, sequentially on SQLite."""
    statement = HeldStatement(domain.engine, QUERY)
    purposes = ["seal", "nothing", "digest", "seal"]
    together = statement.rows_of_each([{"purpose": each} for each in purposes])
    assert together == [statement.rows(purpose=each) for each in purposes]
    assert [bool(rows) for rows in together] == [True, False, True, True]
    assert statement.rows_of_each([]) == []


def test_it_takes_nothing_from_the_pool(domain: Domain) -> None:
    engine = open_engine(domain.database_url, connections=2, lock_timeout=1)
    statement = HeldStatement(engine, QUERY)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(engine.connect())
        assert statement.rows(purpose="seal")
    engine.dispose()


def test_all_statements_and_threads_share_one_connection(domain: Domain) -> None:
    opened: list[object] = []
    engine = open_engine(domain.database_url, connections=2, lock_timeout=1)
    event.listen(engine, "connect", lambda connection, _: opened.append(connection))
    statements = [HeldStatement(engine, QUERY), HeldStatement(engine, QUERY)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: statements[n % 2].rows(purpose="seal"), range(200)))
    assert len({tuple(rows) for rows in found}) == len(opened) == 1
    engine.dispose()
    assert statements[0].rows(purpose="seal")
    assert len(opened) == 2
    engine.dispose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_closed_connections_are_replaced(domain: Domain, postgres: PrivatePostgres) -> None:
    statement = HeldStatement(domain.engine, QUERY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: statement.rows(purpose="seal"), range(50)))
    name = domain.database_url.rpartition("/")[2]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
    assert all(statement.rows_of_each([{"purpose": "seal"}] * 3))
    for _ in range(10):
        assert statement.rows(purpose="seal")


def test_callers_that_waited_for_one_that_failed_fail_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each in turn would wait for a database that hangs, and token requests behind them."""
    engine = open_engine("sqlite:////nowhere/at/all.db", connections=2, lock_timeout=1)
    statement = HeldStatement(engine, QUERY)
    attempts, all_wait = list[int](), Barrier(4)
    connect = HeldStatement._connect

    def slow_connect(self: HeldStatement) -> PoolProxiedConnection:
        attempts.append(1)
        while held.waiting < 3:
            time.sleep(0.001)
        return connect(self)

    held = CountedLock()
    monkeypatch.setattr(statement._held, "lock", held)
    monkeypatch.setattr(HeldStatement, "_connect", slow_connect)

    def ask(_: int) -> str:
        all_wait.wait()
        with pytest.raises(StoreUnavailable) as refused:
            statement.rows(purpose="seal")
        return str(refused.value)

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(ask, range(4)))) == 4
    assert len(attempts) == 1
    with pytest.raises(StoreUnavailable):
        statement.rows(purpose="seal")
    assert len(attempts) == 2


class CountedLock:
    """A lock that knows how many threads wait for it."""

    def __init__(self) -> None:
        self.lock, self.waiting = Lock(), 0

    def __enter__(self) -> None:
        if not self.lock.acquire(blocking=False):
            self.waiting += 1
            self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_without_a_database_it_raises_store_unavailable() -> None:
    engine = open_engine("sqlite:////nowhere/at/all.db", connections=2, lock_timeout=1)
    with pytest.raises(StoreUnavailable):
        HeldStatement(engine, QUERY).rows(purpose="seal")
