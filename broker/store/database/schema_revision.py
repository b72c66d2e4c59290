"""The schema revision of the database, and the revision that this version requires (D-24).

Every start and every probe checks them without Alembic, whose import takes a third of a start;
:mod:`broker.store.database.schema` runs the migrations.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from broker.errors import ConfigurationError
from broker.runtime.resources import resource
from broker.settings.database import name_of
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import LACKS_A_RIGHT

if TYPE_CHECKING:
    from sqlalchemy import Engine


def revision(engine: Engine) -> str | None:
    """Return the schema revision of the database, None if the database is empty."""
    with engine.connect().execution_options(**READ_OPTIONS) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


@cache
def revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows; the last one is required."""
    files = resource("migrations").glob("versions/[0-9]*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def require_current(engine: Engine) -> None:
    """Raise ConfigurationError unless the schema is at the required revision or a later one.

    An unknown revision is a later one. Migrations only add to the schema, so that hosts of this
    version stay ready and can be restarted during a rolling upgrade.
    """
    found, needed = revision(engine), revisions()[-1]
    if found is None and not _has_a_schema(engine):
        raise ConfigurationError(
            f"{_name(engine)}: {LACKS_A_RIGHT} It may use no schema of its search_path."
        )
    if found is None or (found != needed and found in revisions()):
        raise ConfigurationError(
            f"The schema of {_name(engine)} is at {found or 'no revision'}, this version requires"
            f" {needed}. Run: python -m broker db upgrade"
        )


def _has_a_schema(engine: Engine) -> bool:
    """Return whether the role may use a schema; SQLite has no rights."""
    if engine.dialect.name == "sqlite":
        return True
    with engine.connect().execution_options(**READ_OPTIONS) as connection:
        return connection.scalar(text("SELECT current_schema()")) is not None


def _name(engine: Engine) -> str:
    return str(name_of(engine.url.render_as_string(hide_password=True)))
