"""The schema revision of a database, and whether this version can use it (D-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from broker.errors import ConfigurationError
from broker.store.database.engine import open_engine
from broker.store.database.schema_revision import require_current, revision, revisions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    opened = open_engine(f"sqlite:///{tmp_path}/store.db", connections=1, lock_timeout=0)
    yield opened
    opened.dispose()


def set_revision(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:name)"), {"name": name})


def test_revisions_are_known_in_their_order() -> None:
    known = revisions()
    assert list(known) == sorted(set(known))
    assert len(known) > 1


def test_an_empty_database_has_none_and_cannot_be_used(engine: Engine) -> None:
    assert revision(engine) is None
    with pytest.raises(ConfigurationError):
        require_current(engine)


@pytest.mark.parametrize("name", revisions()[:-1])
def test_an_older_one_must_be_upgraded(engine: Engine, name: str) -> None:
    set_revision(engine, name)
    assert revision(engine) == name
    with pytest.raises(ConfigurationError):
        require_current(engine)


@pytest.mark.parametrize("name", [revisions()[-1], "9999"])
def test_the_own_and_a_later_one_can_be_used(engine: Engine, name: str) -> None:
    """Migrations only add: hosts of this version stay ready while others are replaced."""
    set_revision(engine, name)
    require_current(engine)
