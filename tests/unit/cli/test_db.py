"""``db``: the schema is upgraded, and SQLite copied, by command only (D-24)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from broker.store.database.schema_revision import revisions

if TYPE_CHECKING:
    import pytest

    from tests.unit.cli.conftest import CommandLine


def test_an_upgrade_prints_the_revision_and_may_be_repeated(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert revisions()[-1] in command_line("db", "upgrade")
    monkeypatch.setenv("XSUAA_DATABASE_URL", f"sqlite:///{command_line.directory}/new.db")
    assert revisions()[-1] in command_line("db", "upgrade")
    assert revisions()[-1] in command_line("db", "upgrade")


def test_a_backup_contains_committed_rows(command_line: CommandLine) -> None:
    command_line.domain.provision("i", {"xsappname": "app"})
    command_line("db", "backup", "copy.db")
    with closing(sqlite3.connect(command_line.directory / "copy.db")) as copy:
        assert copy.execute("SELECT instance_id FROM service_instance").fetchall() == [("i",)]


def test_an_unwritable_backup_path_is_reported(command_line: CommandLine) -> None:
    result = command_line.try_out("db", "backup", "missing/copy.db")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
