"""Schema migrations with Alembic, run by command only (D-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from broker.runtime.resources import resource
from broker.runtime.waiting import no_step
from broker.store.database.schema_revision import revision, revisions

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine


def upgrade(engine: Engine, step: Callable[[str], None] = no_step) -> tuple[str | None, str]:
    """Upgrade the schema to this version; return the revisions before and after.

    ``step`` receives a text after each migration. Raises Busy if the tables cannot be locked in
    time.
    """
    before, after = revision(engine), revisions()[-1]
    if before != after:
        config = alembic_config(engine)
        config.attributes["migrated"] = lambda to: step(f"Upgrading the schema, now at {to}")
        command.upgrade(config, "head")
    return before, after


def alembic_config(engine: Engine) -> Config:
    """Return the configuration of Alembic commands for this engine."""
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config
