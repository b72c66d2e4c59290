"""Exclusive locks for a migration, which is committed as a whole or not at all (D-24)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from broker.errors import Busy
from broker.store.database import schema_lock
from broker.store.database.schema_lock import tables_for_a_migration

if TYPE_CHECKING:
    from tests.support.domain import Domain


def test_changes_are_committed_at_the_end(domain: Domain) -> None:
    with tables_for_a_migration(domain.engine) as connection:
        connection.execute(text("CREATE TABLE later (id INTEGER)"))
    assert inspect(domain.engine).has_table("later")
    domain.provision("i", {"xsappname": "app"})
    # The next test may get the same database.
    with domain.engine.begin() as connection:
        connection.execute(text("DROP TABLE later"))


def test_a_migration_that_fails_leaves_nothing(domain: Domain) -> None:
    with suppress(KeyError), tables_for_a_migration(domain.engine) as connection:
        connection.execute(text("CREATE TABLE later (id INTEGER)"))
        raise KeyError
    assert not inspect(domain.engine).has_table("later")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_transaction_that_does_not_end_is_given_up_on_and_named(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema_lock, "LOCK_TIMEOUT_SECONDS", 0)
    with domain.engine.connect() as reader:
        reader.execute(text("BEGIN"))
        reader.execute(text("SELECT count(*) FROM zone"))
        process = reader.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with pytest.raises(Busy) as busy, tables_for_a_migration(domain.engine):
            pytest.fail("the tables are in use")
        reader.rollback()
    assert str(process) in str(busy.value)
