"""The bound of broker operations: small durable transactions of a database per second."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import psycopg

from benchmarks.cores import pinned_to, server_core

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.postgres import PrivatePostgres

_PAYLOAD = b"x" * 1500
"""As long as the sealed payload of a binding."""


class Commits(Protocol):
    """A separate database of one kind."""

    def measure(self, clients: int, seconds: float) -> float:
        """Return the number of inserted rows per second, each in its own transaction."""


class SqliteCommits:
    """As configured by the product: WAL, waiting for the disk, a single writer."""

    def __init__(self, file: Path) -> None:
        """Create the database."""
        self._file = file
        with closing(self._connect()) as connection:
            connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, payload BLOB)")

    def measure(self, clients: int, seconds: float) -> float:  # noqa: ARG002 - see above
        """Return commits per second of one client."""
        with closing(self._connect()) as connection:

            def commit() -> None:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO row VALUES (?, ?)", _row())
                connection.execute("COMMIT")

            return _rate([commit], seconds)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, isolation_level=None, check_same_thread=False, timeout=30
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection


class PostgresCommits:
    """A separate database on the same server."""

    def __init__(self, postgres: PrivatePostgres) -> None:
        """Create the database."""
        self._url = postgres.create_database(f"commits_{uuid4().hex}")
        with psycopg.connect(self._url) as connection:
            connection.execute("CREATE TABLE row (id bigint PRIMARY KEY, payload bytea)")

    def measure(self, clients: int, seconds: float) -> float:
        """Return commits per second of all clients, each with a connection."""
        connections = [psycopg.connect(self._url) for _ in range(clients)]

        def committing(connection: psycopg.Connection) -> Callable[[], None]:
            def commit() -> None:
                connection.execute("INSERT INTO row VALUES (%s, %s)", _row())
                connection.commit()

            return commit

        try:
            return _rate([committing(connection) for connection in connections], seconds)
        finally:
            for connection in connections:
                connection.close()


def _row() -> tuple[int, bytes]:
    return secrets.randbits(62), _PAYLOAD


def _rate(commits: list[Callable[[], None]], seconds: float) -> float:
    numbers = [0] * len(commits)

    def repeat(index: int) -> None:
        while time.perf_counter() < end:
            commits[index]()
            numbers[index] += 1

    with pinned_to(server_core()):
        threads = [threading.Thread(target=repeat, args=(index,)) for index in range(len(commits))]
        began = time.perf_counter()
        end = began + seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(numbers) / (time.perf_counter() - began)
