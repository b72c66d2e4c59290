"""Run by ``python -m broker db upgrade``, which hands over the engine."""

from alembic import context

from broker.store import declared_tables, token_tables, usage_tables  # noqa: F401 - add tables
from broker.store.tables import metadata

with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        # SQLite cannot alter a constraint in place.
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
