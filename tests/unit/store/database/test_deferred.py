"""Statements without result: executed in order, before the next one and at the latest on commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from broker.store.database.deferred import execute_deferred, execute_later
from broker.store.database.engine import READ_OPTIONS
from broker.store.tables.core import operation_lock as table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.support.domain import Domain


def names(connection: Connection) -> list[str]:
    return list(connection.execute(select(table.c.name).order_by(table.c.name)).scalars())


def stored(domain: Domain) -> list[str]:
    with domain.engine.connect() as connection:
        return names(connection)


def test_the_next_statement_sees_the_changes(domain: Domain) -> None:
    with domain.engine.begin() as connection:
        execute_later(connection, insert(table), [{"name": "a"}, {"name": "b"}, {"name": "c"}])
        execute_later(connection, delete(table).where(table.c.name == "b"))
        execute_later(connection, update(table).where(table.c.name == "c").values(name="d"))
        assert names(connection) == ["a", "d"]
        execute_later(connection, insert(table), {"name": "e"})
        many = [{"name": "f"}, {"name": "g"}]
        connection.execute(insert(table), many)
        assert names(connection) == ["a", "d", "e", "f", "g"]
    assert stored(domain) == ["a", "d", "e", "f", "g"]


def test_the_commit_executes_them(domain: Domain) -> None:
    with domain.engine.begin() as connection:
        execute_later(connection, insert(table), {"name": "a"})
    with domain.engine.begin() as connection:
        names(connection)
        execute_later(connection, insert(table), {"name": "b"})
    assert stored(domain) == ["a", "b"]


def test_a_rollback_discards_them(domain: Domain) -> None:
    with domain.engine.connect() as connection:
        execute_later(connection, insert(table), {"name": "a"})
        connection.rollback()
        assert names(connection) == []
        execute_later(connection, insert(table), {"name": "b"})
    assert stored(domain) == []


def test_the_commit_raises_their_errors(domain: Domain) -> None:
    with domain.engine.begin() as connection:
        execute_later(connection, insert(table), {"name": "a"})

    def fails(connection: Connection) -> None:
        for name in "bac":
            execute_later(connection, insert(table), {"name": name})

    with pytest.raises(IntegrityError), domain.engine.begin() as connection:
        fails(connection)
    assert stored(domain) == ["a"]


def test_the_next_statement_raises_their_errors(domain: Domain) -> None:
    def fails(connection: Connection) -> None:
        execute_later(connection, insert(table), [{"name": "a"}, {"name": "a"}])
        names(connection)

    with pytest.raises(IntegrityError), domain.engine.begin() as connection:
        fails(connection)
    with domain.engine.begin() as connection:
        with pytest.raises(IntegrityError), connection.begin_nested():
            fails(connection)
        execute_later(connection, insert(table), {"name": "b"})
    assert stored(domain) == ["b"]


def test_savepoints_keep_the_order(domain: Domain) -> None:
    with domain.engine.begin() as connection:
        execute_later(connection, insert(table), {"name": "a"})
        nested = connection.begin_nested()
        execute_later(connection, insert(table), {"name": "b"})
        nested.rollback()
        with connection.begin_nested():
            execute_later(connection, insert(table), {"name": "c"})
    assert stored(domain) == ["a", "c"]


def test_without_transaction_they_are_executed_at_once(domain: Domain) -> None:
    with domain.engine.connect().execution_options(**READ_OPTIONS) as connection:
        execute_later(connection, insert(table), {"name": "a"})
        execute_later(connection, insert(table), [{"name": "b"}, {"name": "c"}])
    assert stored(domain) == ["a", "b", "c"]


def test_they_can_be_executed_on_demand(domain: Domain) -> None:
    def fails(connection: Connection) -> None:
        execute_later(connection, insert(table), [{"name": "a"}, {"name": "a"}])
        execute_deferred(connection)

    with domain.engine.connect() as connection, pytest.raises(IntegrityError):
        fails(connection)
