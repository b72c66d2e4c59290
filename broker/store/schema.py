"""Migrations: run by command, only ever checked at start (D-24)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from broker.errors import ConfigurationError
from broker.resources import resource
from broker.store.engine import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to this version; return the revision before and after."""
    before = revision(engine)
    command.upgrade(alembic_config(engine), "head")
    return before, head()


def revision(engine: Engine) -> str | None:
    """Return the revision of the database, None when it is empty."""
    with engine.connect().execution_options(**reading(engine)) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str:
    """Return the revision that this version of the code needs."""
    return str(ScriptDirectory(str(resource("migrations"))).get_current_head())


@cache
def _known() -> frozenset[str]:
    script = ScriptDirectory(str(resource("migrations")))
    return frozenset(each.revision for each in script.walk_revisions())


def require_current(engine: Engine) -> None:
    """Raise ConfigurationError unless the schema has everything this version needs.

    One that this version does not know is a later one: migrations only add, so that hosts of this
    version stay ready, and may be started again, while others are replaced (D-24).
    """
    found, needed = revision(engine), head()
    if found is None or (found != needed and found in _known()):
        raise ConfigurationError(
            f"The database schema is at {found or 'nothing'}, this version needs {needed}."
            " Run: python -m broker db upgrade"
        )


def alembic_config(engine: Engine) -> Config:
    """Return the configuration with which Alembic commands run on this engine."""
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config
