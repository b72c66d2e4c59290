"""Which revision of the schema a database has, and which one this version needs (D-24).

Asked at every start and by every probe, so without Alembic, which takes a third of a start to load:
:mod:`broker.store.database.schema` runs the migrations with it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from broker.errors import ConfigurationError
from broker.runtime.resources import resource
from broker.store.database.engine import read_options

if TYPE_CHECKING:
    from sqlalchemy import Engine


def revision(engine: Engine) -> str | None:
    """Return the revision of the database, None when it is empty."""
    with engine.connect().execution_options(**read_options(engine)) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


@cache
def revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows, the one it needs last."""
    files = resource("migrations").glob("versions/[0-9]*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def require_current(engine: Engine) -> None:
    """Raise ConfigurationError unless the schema has everything this version needs.

    One that this version does not know is a later one: migrations only add, so that hosts of this
    version stay ready, and may be started again, while others are replaced.
    """
    found, needed = revision(engine), revisions()[-1]
    if found is None or (found != needed and found in revisions()):
        raise ConfigurationError(
            f"The database schema is at {found or 'nothing'}, this version needs {needed}."
            " Run: python -m broker db upgrade"
        )
