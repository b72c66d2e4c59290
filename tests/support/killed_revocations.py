"""Processes that revoke something in a SQLite database and are killed meanwhile."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from broker.store.database.engine import open_engine
from broker.store.rollback.counts import Counts, revocation_file
from broker.store.rollback.put_back import begin_to_count, count_revocations
from broker.store.sealing.data_keys import DataKeys
from broker.store.transactions import StoreTransactions
from tests.support.databases import place_migrated_file
from tests.support.domain import MASTER_KEYS, create_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

_WRITING = frozenset(
    {"commit", "open", "flock", "write", "flush", "fsync", "replace", "unlink", "close"}
)
"""The functions in C by which the database and the file are written."""


@dataclass(frozen=True)
class CountedDatabase:
    """A SQLite file and its count, used by processes of their own."""

    directory: Path

    def create(self) -> None:
        """Place a database with keys, which no server has counted yet."""
        place_migrated_file(self._file)
        create_keys(self._url)

    @property
    def _file(self) -> Path:
        return self.directory / "x.db"

    @property
    def _url(self) -> str:
        return f"sqlite:///{self._file}"

    def counts(self) -> Counts:
        """Return the counts as they are stored now."""
        engine = self._opened()
        file = revocation_file(engine)
        assert file is not None
        engine.dispose()
        in_file = file.read()
        with closing(sqlite3.connect(self._file)) as connection:
            [(in_database,)] = connection.execute("SELECT revocations FROM installation")
        return Counts(in_database, in_file)

    def start(self) -> None:
        """Begin to count, as a server does at its start in mode production."""
        engine = self._opened()
        begin_to_count(engine, adopts=False)
        engine.dispose()

    def started_and_killed(self, step: int) -> bool:
        """Start in another process, which is killed at this step; return False if it has fewer."""
        return self._killed(step, lambda engine: begin_to_count(engine, adopts=False))

    def revoked_and_killed(self, step: int) -> bool:
        """Revoke once in another process, which is killed at this step of the two writes."""
        return self._killed(step, lambda engine: _revoke(engine, 1), after=("commit",))

    def _killed(
        self, step: int, work: Callable[[Engine], None], after: tuple[str, ...] = ()
    ) -> bool:
        def run() -> None:
            engine = self._opened()
            if after:
                event.listen(engine, "commit", lambda _: _kill_at(step))
            else:
                _kill_at(step)
            work(engine)

        pid = fork(run)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

    def revoke_until_killed(self) -> int:
        """Return the id of a process that revokes until it is killed."""
        return fork(lambda: _revoke(self._opened(), sys.maxsize))

    def _opened(self) -> Engine:
        engine = open_engine(self._url, connections=1, lock_timeout=30)
        count_revocations(engine, self.directory / "state", 30)
        return engine


def _revoke(engine: Engine, times: int) -> None:
    transactions = StoreTransactions(engine, DataKeys(engine, MASTER_KEYS))
    for _ in range(times):
        transactions.run(lambda each: each.revocations.count())


def _kill_at(step: int) -> None:
    left = step

    def trace(_frame: object, what: str, function: Any) -> None:
        nonlocal left
        if what == "c_call" and function.__name__ in _WRITING:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(trace)


def fork(run: Callable[[], None]) -> int:
    """Run the function in a child process that ends with it; return its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        run()
    except BaseException:  # noqa: BLE001 - the child must not go on with the parent's tests
        os._exit(1)
    os._exit(0)
