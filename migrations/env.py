"""The Alembic environment of ``python -m broker db upgrade``, which passes the engine."""

from alembic import context

from broker.runtime.waiting import no_step
from broker.store.database.schema_lock import tables_for_a_migration
from broker.store.tables import (  # noqa: F401 - add tables
    assignments,
    declared,
    identity,
    tokens,
    usage,
    user_grants,
)
from broker.store.tables.core import metadata

migrated = context.config.attributes.get("migrated", no_step)

with tables_for_a_migration(context.config.attributes["engine"]) as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        # SQLite cannot alter a constraint in place.
        render_as_batch=True,
        on_version_apply=lambda step, **_: migrated(step.up_revision_id),
    )
    with context.begin_transaction():
        context.run_migrations()
