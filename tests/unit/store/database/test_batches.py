"""Deletion in batches, beside other transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from broker.store.database import batches
from broker.store.database.batches import delete_in_batches
from broker.store.tables.user_grants import used_assertion as table
from tests.support.users import NOW

if TYPE_CHECKING:
    import pytest

    from tests.support.domain import Domain


def names(domain: Domain) -> set[str]:
    with domain.engine.connect() as connection:
        return set(connection.execute(select(table.c.assertion)).scalars())


def test_rows_are_deleted_in_batches(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_BATCH", 2)
    rows = [{"assertion": name, "expires_at": NOW} for name in "abcdef"]
    with domain.engine.begin() as connection:
        connection.execute(insert(table), rows)
    assert delete_in_batches(domain.engine, table, table.c.assertion != "f") == 5
    assert names(domain) == {"f"}
    assert delete_in_batches(domain.engine, table, table.c.assertion != "f") == 0


def test_locked_rows_are_left(domain: Domain) -> None:
    """PostgreSQL only: SQLite locks the whole database."""
    if domain.engine.dialect.name == "sqlite":
        return
    with domain.engine.begin() as connection:
        connection.execute(insert(table), [{"assertion": "a", "expires_at": NOW}])
    with domain.engine.begin() as connection:
        connection.execute(select(table).with_for_update()).all()
        assert delete_in_batches(domain.engine, table, table.c.assertion == "a") == 0
    assert delete_in_batches(domain.engine, table, table.c.assertion == "a") == 1
