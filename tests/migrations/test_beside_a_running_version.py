"""A migration does not block a running version (D-24)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import Engine, text

from broker.errors import Busy
from broker.store.database import schema
from broker.store.database.engine import open_engine
from broker.store.database.schema_revision import revision, revisions
from tests.support.databases import fresh_database, is_current
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.postgres import PrivatePostgres


@pytest.fixture
def engine(tmp_path: Path, postgres: PrivatePostgres) -> Iterator[Engine]:
    opened = open_engine(fresh_database(tmp_path, postgres), connections=4, lock_timeout=5)
    command.upgrade(schema.alembic_config(opened), "0001")
    yield opened
    opened.dispose()


def test_a_transaction_ends_first_and_is_no_deadlocks_victim(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as thread, engine.connect() as connection:
        connection.execute(text("SELECT * FROM credential"))
        upgraded = thread.submit(schema.upgrade, engine)
        time.sleep(2)
        # A migration that already locked this table would deadlock with this transaction.
        connection.execute(text("DELETE FROM client"))
        assert not upgraded.done()
        connection.commit()
        assert upgraded.result(60) == ("0001", revisions()[-1])


def test_requests_are_served_while_it_waits(engine: Engine) -> None:
    """A request behind the waiting lock waits as well, but only briefly."""
    with ThreadPoolExecutor(1) as thread, engine.connect() as long_one:
        long_one.execute(text("SELECT * FROM credential"))
        upgraded = thread.submit(schema.upgrade, engine)
        ends_at = time.monotonic() + 4
        while time.monotonic() < ends_at:
            with engine.begin() as request:
                request.execute(text("SET LOCAL lock_timeout = '2s'"))
                request.execute(text("SELECT * FROM credential"))
        assert not upgraded.done()
        long_one.rollback()
        upgraded.result(60)


def test_it_times_out_and_names_the_blocking_session(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.store.database.schema_lock.LOCK_TIMEOUT_SECONDS", 1)
    with engine.connect() as connection:
        connection.execute(text("SET application_name = 'nightly dump'"))
        connection.execute(text("SELECT * FROM credential"))
        with pytest.raises(Busy, match=r"process \d+ \(nightly dump\).*since"):
            schema.upgrade(engine)
    assert revision(engine) == "0001"


def test_nothing_is_locked_when_there_is_nothing_to_do(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.execute(text("SELECT * FROM credential"))
        assert schema.upgrade(engine) == (revisions()[-1], revisions()[-1])


def test_several_at_the_same_time_all_succeed(fresh_url: str, tmp_path: Path) -> None:
    operator = Server(tmp_path, database_url=fresh_url)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: operator.command("db", "upgrade"), range(4)))
    assert is_current(fresh_url)
