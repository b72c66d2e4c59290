"""Connections to PostgreSQL: round trips, isolation, and those that the server has closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import IntegrityError

from broker.store.database import postgres_connection
from broker.store.database.deferred import execute_later
from broker.store.database.engine import READ_OPTIONS, open_engine
from broker.store.tables.core import operation_lock as table
from tests.support.round_trips import counted

if TYPE_CHECKING:
    from tests.support.domain import Domain
    from tests.support.postgres import PrivatePostgres

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

ONE = select(table.c.name)


def test_a_transaction_makes_a_round_trip_for_each_result_and_one_to_commit(domain: Domain) -> None:
    with counted(domain.database_url) as (trips, url):
        engine = open_engine(url, connections=3, lock_timeout=5, statement_timeout=10)
        with engine.begin() as connection:
            connection.execute(ONE).all()
        before = trips.count
        with engine.begin() as connection:
            for name in "abc":
                execute_later(connection, insert(table), {"name": name})
            assert len(connection.execute(ONE).all()) == 3
            execute_later(connection, insert(table), [{"name": "d"}, {"name": "e"}])
        assert trips.count - before == 2
        with engine.connect().execution_options(**READ_OPTIONS) as connection:
            connection.execute(ONE).all()
        assert trips.count - before == 3
        engine.dispose()


def test_transactions_have_their_isolation_and_timeouts(domain: Domain) -> None:
    engine = open_engine(domain.database_url, connections=3, lock_timeout=5, statement_timeout=10)
    shown = "SHOW transaction_isolation", "SHOW lock_timeout", "SHOW statement_timeout"
    with engine.begin() as connection:
        found = [connection.exec_driver_sql(each).scalar_one() for each in shown]
    assert found == ["read committed", "5s", "15s"]
    with engine.connect().execution_options(**READ_OPTIONS) as connection:
        found = [connection.exec_driver_sql(each).scalar_one() for each in shown[1:]]
    assert found == ["0", "10s"]
    engine.dispose()


def test_a_failed_commit_ends_the_transaction(domain: Domain) -> None:
    engine = open_engine(domain.database_url, connections=3, lock_timeout=5)
    with engine.connect() as connection:
        for _ in range(2):
            execute_later(connection, insert(table), [{"name": "a"}, {"name": "a"}])
            with pytest.raises(IntegrityError):
                connection.commit()
            connection.rollback()
        execute_later(connection, insert(table), {"name": "b"})
        assert connection.execute(ONE).scalars().all() == ["b"]
    engine.dispose()


def test_connections_that_the_server_closed_are_replaced(
    domain: Domain, postgres: PrivatePostgres
) -> None:
    opened: list[object] = []
    engine = open_engine(domain.database_url, connections=4, lock_timeout=5)
    event.listen(engine, "connect", lambda connection, _: opened.append(connection))
    connections = [engine.connect() for _ in range(3)]
    for each in connections:
        each.execute(ONE).all()
        each.close()
    assert len(opened) == 3
    terminate_all(domain, postgres)
    for _ in range(3):
        with engine.begin() as connection:
            connection.execute(ONE).all()
    engine.dispose()


def test_a_connection_is_pinged_after_a_pause(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(domain.database_url) as (trips, url):
        engine = open_engine(url, connections=3, lock_timeout=5)
        reading = engine.execution_options(**READ_OPTIONS)

        def round_trips() -> int:
            before = trips.count
            with reading.connect() as connection:
                connection.execute(ONE).all()
            return trips.count - before

        round_trips()
        assert round_trips() == 1
        monkeypatch.setattr(postgres_connection, "_DOUBTFUL_AFTER_SECONDS", 0.0)
        assert round_trips() == 2
        engine.dispose()


def terminate_all(domain: Domain, postgres: PrivatePostgres) -> None:
    """End the sessions of the database, as its administrator can."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [domain.database_url.rpartition("/")[2]],
        )
