"""Connections to SQLite files that other processes use concurrently."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import OperationalError

from broker.store.database.engine import empty_write_ahead_log, open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def written_to(tmp_path: Path) -> Iterator[tuple[str, sqlite3.Connection]]:
    """Return the URL of a new file, and a connection with an open write transaction."""
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("CREATE TABLE row (id INTEGER)")
        writer.execute("BEGIN IMMEDIATE")
        yield f"sqlite:///{path}", writer


def test_a_connection_waits_for_the_writer(
    written_to: tuple[str, sqlite3.Connection],
) -> None:
    """Concurrent `db upgrade` runs failed at random while one of them created the WAL."""
    url, writer = written_to
    engine = open_engine(url, connections=1, lock_timeout=20)
    ending = threading.Timer(0.3, writer.execute, ["COMMIT"])
    ending.start()
    with closing(engine.raw_connection()) as connection:
        [[mode]] = connection.cursor().execute("PRAGMA journal_mode").fetchall()
    ending.join()
    engine.dispose()
    assert mode == "wal"


def test_the_wait_has_a_timeout(written_to: tuple[str, sqlite3.Connection]) -> None:
    engine = open_engine(written_to[0], connections=1, lock_timeout=0)
    with pytest.raises(OperationalError, match="locked"):
        engine.connect()
    engine.dispose()


def test_the_file_is_complete_without_its_write_ahead_log(tmp_path: Path) -> None:
    path, log = tmp_path / "store.db", tmp_path / "store.db-wal"
    engine = open_engine(f"sqlite:///{path}", connections=2, lock_timeout=1)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE row (id INTEGER)")
    assert log.stat().st_size > 0
    with engine.connect():  # which may hold a snapshot: nothing is waited for
        empty_write_ahead_log(engine)
    empty_write_ahead_log(engine)
    assert log.stat().st_size == 0
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql+psycopg://h/d"])
def test_without_a_file_there_is_no_write_ahead_log(url: str) -> None:
    empty_write_ahead_log(open_engine(url, connections=1, lock_timeout=0))
