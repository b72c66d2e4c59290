"""A SQLite file put back from a copy is recognised, and a killed process is no copy (D-62)."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine
from structlog.testing import capture_logs

from broker.errors import ConfigurationError, StoreUnavailable
from broker.store.database.engine import open_engine
from broker.store.rollback.counts import Counts, revocation_file
from broker.store.rollback.put_back import (
    begin_to_count,
    count_revocations,
    keep_counts,
    reason_to_lock,
    require_no_copy,
)
from tests.support.databases import place_migrated_file
from tests.support.domain import create_keys
from tests.support.killed_revocations import CountedDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


class Counted:
    """A database with an engine, as a server opens it, and both counts."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "x.db"
        self.state = directory / "state"
        place_migrated_file(self.path)
        self.engine = self.opened()

    def opened(self, *, for_requests: bool = False) -> Engine:
        engine = open_engine(f"sqlite:///{self.path}", connections=2, lock_timeout=5)
        count_revocations(engine, self.state, 5, for_requests=for_requests)
        return engine

    @property
    def counts(self) -> Counts:
        file = revocation_file(self.engine)
        assert file is not None
        with closing(sqlite3.connect(self.path)) as connection:
            [(in_database,)] = connection.execute("SELECT revocations FROM installation")
        return Counts(in_database, file.read())

    def set(self, in_database: int | None, in_file: int | None) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("UPDATE installation SET revocations = ?", (in_database,))
            connection.commit()
        (self.state / "revocations.json").unlink(missing_ok=True)
        if in_file is not None:
            file = revocation_file(self.engine)
            assert file is not None
            file.raise_to(in_file)

    def reason(self, *, if_missing: bool = False) -> str | None:
        with self.engine.connect() as connection:
            return reason_to_lock(connection, if_missing=if_missing)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Counted]:
    """A database on which no server has run."""
    opened = Counted(tmp_path)
    opened.state.mkdir()
    yield opened
    opened.engine.dispose()


@pytest.fixture
def counted(new: Counted) -> Counted:
    """A database that a server has used; both counts are 5."""
    create_keys(f"sqlite:///{new.path}")
    new.set(5, 5)
    return new


@pytest.mark.parametrize("url", ["sqlite:////x/y.db", "sqlite:///file:/x/y.db?mode=rw&uri=true"])
def test_a_file_is_known_by_its_path_in_any_form_of_url(url: str, tmp_path: Path) -> None:
    engine = create_engine(url)
    count_revocations(engine, tmp_path, 5)
    file = revocation_file(engine)
    assert file is not None
    assert str(file.database) == "/x/y.db"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql+psycopg://h/d"])
def test_other_databases_have_no_file(url: str, tmp_path: Path) -> None:
    engine = create_engine(url)
    count_revocations(engine, tmp_path, 5)
    begin_to_count(engine, adopts=False)
    require_no_copy(engine)
    assert (revocation_file(engine), keep_counts(engine)) == (None, None)
    assert list(tmp_path.iterdir()) == []


def test_a_new_database_and_one_of_an_older_version_begin_to_count(new: Counted) -> None:
    new.state.rmdir()
    begin_to_count(new.engine, adopts=False)
    assert new.counts == Counts(1, 1)
    create_keys(f"sqlite:///{new.path}")
    new.set(None, None)
    begin_to_count(new.engine, adopts=False)
    assert new.counts == Counts(1, 1)


def test_a_new_file_in_the_place_of_another_continues_its_count(new: Counted) -> None:
    new.set(None, 7)
    assert new.reason() is None
    begin_to_count(new.engine, adopts=False)
    assert new.counts == Counts(8, 8)


@pytest.mark.parametrize(
    ("in_database", "in_file"), [(4, 5), (None, 1)], ids=["a copy", "one of an older version"]
)
def test_a_database_that_was_put_back_has_to_be_locked(
    counted: Counted, in_database: int | None, in_file: int
) -> None:
    counted.set(in_database, in_file)
    assert (counted.reason() or "").startswith("It was put back from a copy: it has ")


def test_a_database_ahead_of_its_file_is_healthy_and_raises_it(counted: Counted) -> None:
    for in_file in (4, 5):
        counted.set(5, in_file)
        assert counted.reason(if_missing=True) is None
        begin_to_count(counted.engine, adopts=False)
        assert counted.counts == Counts(5, 5)


def test_without_a_count_nothing_starts_in_production(counted: Counted) -> None:
    counted.set(5, None)
    assert counted.reason() is None
    assert counted.reason(if_missing=True)
    with pytest.raises(ConfigurationError) as refused:
        begin_to_count(counted.engine, adopts=False)
    for named in ("The database is locked.", "XSUAA_STATE_DIR", "doctor reconcile", "unlock"):
        assert named in str(refused.value)
    assert counted.counts == Counts(5, None)


def test_without_a_count_mode_dev_takes_the_database_s_with_a_warning(counted: Counted) -> None:
    counted.set(5, None)
    with capture_logs() as logs:
        begin_to_count(counted.engine, adopts=True)
    assert [each["log_level"] for each in logs] == ["warning"]
    assert counted.counts == Counts(5, 5)
    with capture_logs() as logs:
        begin_to_count(counted.engine, adopts=True)
    assert logs == []


def test_a_state_directory_that_cannot_be_written_fails_the_start(counted: Counted) -> None:
    (counted.state / "revocations.json").unlink()
    counted.state.rmdir()
    counted.state.touch()
    with pytest.raises(ConfigurationError, match="XSUAA_STATE_DIR"):
        begin_to_count(counted.engine, adopts=True)


def test_a_file_put_back_under_a_running_server_is_noticed(counted: Counted) -> None:
    """Open connections keep the former file; the next one, and each comparison, does not."""
    serving = counted.opened(for_requests=True)
    connection = serving.connect()
    require_no_copy(serving)
    copy = counted.path.with_name("copy.db")
    with closing(sqlite3.connect(copy)) as target, closing(sqlite3.connect(counted.path)) as source:
        source.backup(target)
        target.execute("UPDATE installation SET revocations = 4")
        target.commit()
    for suffix in ("-wal", "-shm"):
        counted.path.with_name(f"x.db{suffix}").unlink(missing_ok=True)
    copy.replace(counted.path)
    with pytest.raises(StoreUnavailable, match="it has 4 revocations"):
        serving.connect()
    with pytest.raises(StoreUnavailable, match="has counted 5"):
        require_no_copy(serving)
    assert "doctor reconcile" in (keep_counts(serving) or "")
    connection.close()
    serving.dispose()


def test_a_running_server_keeps_the_file(counted: Counted) -> None:
    for in_file in (None, 3, 5):
        counted.set(5, in_file)
        with capture_logs() as logs:
            assert keep_counts(counted.engine) is None
        assert len(logs) == (in_file is None)
        assert counted.counts == Counts(5, 5)


def test_without_a_database_nothing_is_created(counted: Counted) -> None:
    counted.engine.dispose()
    counted.path.unlink()
    with pytest.raises(StoreUnavailable):
        keep_counts(counted.engine)
    assert not counted.path.exists()


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[CountedDatabase]:
    """A database in memory, if there is such a file system: a killed process needs no disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a directory of its own below
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as directory:
        database = CountedDatabase(Path(directory))
        database.create()
        yield database


def test_a_process_killed_at_any_step_leaves_no_database_behind_its_file(
    killable: CountedDatabase,
) -> None:
    database = killable
    step, states = 0, set[Counts]()
    while database.started_and_killed(step):
        states.add(database.counts())
        assert database.counts().problem is None
        step += 1
    assert step > 20
    assert states == {Counts(None, None), Counts(None, 0), Counts(1, 0), Counts(1, 1)}
    steps, ahead = 0, 0
    while database.revoked_and_killed(steps):
        found = database.counts()
        assert found.problem is None
        assert found.in_database is not None
        assert found.in_file is not None
        ahead += found.in_database > found.in_file
        steps += 1
    assert (steps > 8, ahead > 3) == (True, True)
    database.start()
    found = database.counts()
    assert found.in_database == found.in_file


@pytest.mark.soak
def test_500_kills_of_processes_that_revoke_lock_no_database(killable: CountedDatabase) -> None:
    database = killable
    database.start()
    ahead = 0
    for kill in range(500):
        pids = [database.revoke_until_killed() for _ in range(2)]
        time.sleep(random.uniform(0.03, 0.15))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
        found = database.counts()
        assert found.problem is None, (kill, found)
        ahead += found.in_database != found.in_file
        database.start()
        found = database.counts()
        assert found.in_database == found.in_file
    assert ahead, "some were killed between the two writes"
