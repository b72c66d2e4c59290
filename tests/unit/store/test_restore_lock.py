"""A backup is a snapshot, also during concurrent writes; its unlocking ends logons."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from broker.identity.ended_logons import EndedLogons
from broker.store.database.engine import open_engine
from broker.store.restore_lock import back_up_sqlite, lock, unlock
from tests.support.databases import place_migrated_file
from tests.support.domain import OPERATOR
from tests.support.user_rows import DESCRIPTOR, fill
from tests.support.users import stored_user

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
