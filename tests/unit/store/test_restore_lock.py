"""A backup is a snapshot, also during concurrent writes; its unlocking ends logons."""

from __future__ import annotations

import sqlite3
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import pytest

from broker.audit.search import AuditFilter
from broker.errors import ConfigurationError, StoreUnavailable
from broker.identity.ended_logons import EndedLogons
from broker.store.database.engine import open_engine
from broker.store.reports.audit_trail import audit_events
from broker.store.restore_lock import (
    back_up_sqlite,
    lock,
    lock_if_put_back,
    require_unlocked,
    unlock,
)
from broker.store.rollback.counts import Counts
from broker.store.rollback.put_back import count_revocations
from tests.support.databases import place_migrated_file
from tests.support.domain import OPERATOR
from tests.support.user_rows import DESCRIPTOR, fill
from tests.support.users import stored_user
from tests.unit.store.rollback.test_revocations import counts, set_counts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.domain import Domain


def test_concurrent_writes_neither_enter_nor_restart_a_backup(tmp_path: Path) -> None:
    original, copy = tmp_path / "original.db", tmp_path / "copy.db"
    place_migrated_file(original)
    with closing(sqlite3.connect(original)) as writer:
        writer.execute("CREATE TABLE filler (content BLOB)")
        writer.executemany("INSERT INTO filler VALUES (?)", [(bytes(4000),)] * 3500)
        writer.commit()
        progress: list[tuple[int, int]] = []

        def write_more(left: int, of: int) -> None:
            progress.append((left, of))
            writer.execute("UPDATE filler SET content = ?", (b"later",))
            writer.commit()

        engine = open_engine(f"sqlite:///{original}", connections=1, lock_timeout=5)
        back_up_sqlite(engine, copy, write_more)
        engine.dispose()
    pages = progress[0][1]
    assert progress == [(max(0, pages - done), pages) for done in range(1000, pages + 1000, 1000)]
    with closing(sqlite3.connect(copy)) as backup:
        assert backup.execute("SELECT DISTINCT content FROM filler").fetchall() == [(bytes(4000),)]
        [(locked,)] = backup.execute("SELECT locked_because FROM installation").fetchall()
    assert locked.startswith("It is a backup of ")


def test_the_end_of_a_lock_ends_the_logons_of_all_users(domain: Domain) -> None:
    """D-59; a database that is not locked was not restored."""
    zone = domain.provision("i", DESCRIPTOR).instance.client.zone
    fill(domain, stored_user(domain, zone))
    assert unlock(domain.engine, OPERATOR) == EndedLogons()
    lock(domain.engine, "restored", OPERATOR)
    assert unlock(domain.engine, OPERATOR) == EndedLogons(1, 1, 1, 1, 1)
    fill(domain, stored_user(domain, zone, "berta"))
    assert unlock(domain.engine, OPERATOR, reconciled=True) == EndedLogons(1, 1, 1, 1, 1)


@pytest.mark.parametrize("reconciled", [False, True])
@pytest.mark.parametrize(("in_database", "in_file"), [(4, 5), (None, 5), (5, None)])
def test_a_database_put_back_is_locked_until_the_operator_decides(
    on_sqlite: Domain,
    tmp_path: Path,
    in_database: int | None,
    in_file: int | None,
    *,
    reconciled: bool,
) -> None:
    """D-62; both counts agree again, one above the higher one."""
    zone = on_sqlite.provision("i", DESCRIPTOR).instance.client.zone
    fill(on_sqlite, stored_user(on_sqlite, zone))
    on_sqlite.bind("i", "b")
    engine = on_sqlite.engine
    count_revocations(engine, tmp_path, 5)
    set_counts(on_sqlite, in_database, in_file)
    with pytest.raises(ConfigurationError, match="The database is locked"):
        require_unlocked(engine)
    with pytest.raises(StoreUnavailable) if in_file is None else nullcontext():
        on_sqlite.unbind("i", "b")  # as a reconciliation does once the database is locked
    if reconciled:
        lock_if_put_back(engine, OPERATOR)
        if in_file is None:
            on_sqlite.unbind("i", "b")
    assert unlock(engine, OPERATOR, reconciled=reconciled) == EndedLogons(1, 1, 1, 1, 1)
    settled = counts(on_sqlite)
    assert settled.in_database == settled.in_file
    assert (settled.in_file or 0) > 5
    require_unlocked(engine)
    actions = [each.action for each in audit_events(engine, AuditFilter(), limit=100)]
    ending = "reconcile-database" if reconciled else "unlock-database"
    assert (actions.count("lock-database"), actions.count(ending)) == (1, 1)
    set_counts(on_sqlite, in_database or 4, settled.in_file)
    with pytest.raises(ConfigurationError):
        require_unlocked(engine)  # the same copy again


def test_nothing_is_locked_without_a_reason(on_sqlite: Domain, tmp_path: Path) -> None:
    count_revocations(on_sqlite.engine, tmp_path, 5)
    for before in (Counts(None, None), Counts(5, 5), Counts(6, 5)):
        set_counts(on_sqlite, before.in_database, before.in_file)
        lock_if_put_back(on_sqlite.engine, OPERATOR)
        require_unlocked(on_sqlite.engine)
        assert unlock(on_sqlite.engine, OPERATOR) == EndedLogons()
