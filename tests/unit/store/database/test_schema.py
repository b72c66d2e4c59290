"""Migrations run by command, and are idempotent (D-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.database.engine import open_engine
from broker.store.database.schema import alembic_config, upgrade
from broker.store.database.schema_revision import require_current, revisions

if TYPE_CHECKING:
    from pathlib import Path


def test_an_empty_database_is_brought_to_this_version_once(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/store.db", connections=1, lock_timeout=5)
    try:
        steps: list[str] = []
        assert upgrade(engine, steps.append) == (None, revisions()[-1])
        assert steps == [f"Upgrading the schema, now at {each}" for each in revisions()]
        require_current(engine)
        assert upgrade(engine) == (revisions()[-1], revisions()[-1])
        assert alembic_config(engine).attributes["engine"] is engine
    finally:
        engine.dispose()
