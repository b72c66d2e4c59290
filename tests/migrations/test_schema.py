"""Migrations create what the code expects, step by step and back (D-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from broker.errors import ConfigurationError
from broker.resources import resource
from broker.store import schema
from broker.store.engine import open_engine
from broker.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def engine(fresh_url: str) -> Iterator[Engine]:
    opened = open_engine(fresh_url, connections=2, lock_timeout=5)
    yield opened
    opened.dispose()


def test_an_empty_database_is_refused_with_the_command_that_mends_it(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="python -m broker db upgrade"):
        schema.require_current(engine)


def test_migrations_and_tables_do_not_drift_apart(engine: Engine) -> None:
    assert schema.upgrade(engine) == (None, schema.head())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    schema.require_current(engine)


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    schema.upgrade(engine)
    assert schema.upgrade(engine) == (schema.head(), schema.head())


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(resource("migrations"))).get_heads()) == 1


def test_every_step_goes_forth_and_back(engine: Engine) -> None:
    config = schema.alembic_config(engine)
    steps = list(ScriptDirectory(str(resource("migrations"))).walk_revisions())
    for _ in steps:
        command.upgrade(config, "+1")
    for _ in steps:
        command.downgrade(config, "-1")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    schema.upgrade(engine)
