"""Migrations create what the code expects, step by step and back (D-24)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Engine, Index, inspect, select, text

from broker.errors import ConfigurationError
from broker.runtime.resources import resource
from broker.store.database import schema
from broker.store.database.engine import open_engine
from broker.store.database.schema_revision import require_current, revisions
from broker.store.tables.core import client, credential, metadata, service_binding

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def engine(fresh_url: str) -> Iterator[Engine]:
    opened = open_engine(fresh_url, connections=2, lock_timeout=5)
    yield opened
    opened.dispose()


def test_an_empty_database_is_refused_with_the_command_that_fixes_it(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="python -m broker db upgrade"):
        require_current(engine)


def test_migrations_and_tables_do_not_drift_apart(engine: Engine) -> None:
    assert schema.upgrade(engine) == (None, revisions()[-1])
    options = {"compare_type": True, "include_object": is_reflected}
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*expression-based index")
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    require_current(engine)


EXPRESSIONS = [
    index
    for table in metadata.sorted_tables
    for index in sorted(table.indexes, key=lambda each: str(each.name))
    if not all(isinstance(each, Column) for each in index.expressions)
]
"""Indexes of expressions, of which a database reflects nothing or their columns only."""


def is_reflected(each: Any, *_more: object) -> bool:
    return not isinstance(each, Index) or each.name not in {index.name for index in EXPRESSIONS}


def test_indexes_of_expressions_do_not_drift_apart(engine: Engine) -> None:
    schema.upgrade(engine)
    assert EXPRESSIONS
    for index in EXPRESSIONS:
        with engine.begin() as connection:
            migrated = definition(connection, index)
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {index.name}")
            index.create(connection)
            assert definition(connection, index) == migrated, index.name


def definition(connection: Connection, index: Index) -> str | None:
    """Return the statement that creates the index, None if the database has none."""
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = :name",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = :name",
    }[connection.dialect.name]
    return connection.execute(text(query), {"name": index.name}).scalar_one_or_none()


def test_only_a_schema_that_lacks_something_is_refused(engine: Engine) -> None:
    """A later schema has more: hosts of this version keep serving while others are upgraded."""
    command.upgrade(schema.alembic_config(engine), "0001")
    with pytest.raises(ConfigurationError, match="is at 0001, this version requires"):
        require_current(engine)
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    require_current(engine)


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    schema.upgrade(engine)
    assert schema.upgrade(engine) == (revisions()[-1], revisions()[-1])


def test_file_names_give_the_order_of_the_migrations() -> None:
    """So that a start need not load Alembic."""
    script = ScriptDirectory(str(resource("migrations")))
    assert script.get_heads() == [revisions()[-1]]
    ordered = [each.revision for each in script.walk_revisions()]
    assert tuple(reversed(ordered)) == revisions()


def test_rows_of_the_first_version_survive(engine: Engine) -> None:
    """Rows that an earlier version wrote before and during the upgrade."""
    config = schema.alembic_config(engine)
    command.upgrade(config, "0001")
    insert_as_the_first_version(engine, 1)
    command.upgrade(config, "head")
    insert_as_the_first_version(engine, 2)
    with engine.connect() as connection:
        credentials = connection.execute(select(credential).order_by(credential.c.id)).all()
        bindings = connection.execute(select(service_binding)).all()
        clients = connection.execute(select(client)).all()
    assert [(row.lookup, row.names, row.issuer_path) for row in credentials] == [
        ("l", None, None),
        ("l", None, None),
    ]
    assert {(row.expires_at, row.private_key_until) for row in bindings} == {(None, None)}
    # Not approved (D-57), and with names that others may know (D-55).
    assert [(row.approved_at, row.holds_name) for row in clients] == [(None, True)] * 2


def insert_as_the_first_version(engine: Engine, number: int) -> None:
    now = "'2030-01-01 00:00:00.000000'"
    with engine.begin() as connection:
        for statement in FIRST_VERSION.format(n=number, now=now).split(";"):
            connection.exec_driver_sql(statement)


FIRST_VERSION = """
INSERT INTO data_key
    (id, purpose, master_key_id, wrapped, created_at) VALUES ({n}, 'seal', 'k', '', {now});
INSERT INTO zone
    (id, number, guid, subdomain, platform, external_key, grants_epoch, created_at)
    VALUES ({n}, {n}, 'g{n}', 's{n}', 'p', 'e{n}', 1, {now});
INSERT INTO client
    (id, zone_row_id, client_id, app_id, service_instance_guid, credential_types, authorities,
     epoch)
    VALUES ({n}, {n}, 'c{n}', 'a{n}', 'i{n}', 'binding-secret', '', 1);
INSERT INTO service_instance
    (id, instance_id, platform, client_row_id, service_id, plan_id, plan, xsappname, tenant_mode,
     parameters, context, created_at, updated_at)
    VALUES ({n}, 'i{n}', 'p', {n}, 's', 'p', 'application', 'x', 'dedicated', '', '', {now}, {now});
INSERT INTO service_binding
    (id, instance_row_id, binding_id, credential_type, parameters, sealed_payload, created_at)
    VALUES ({n}, {n}, 'b', 'binding-secret', '', '', {now});
INSERT INTO credential
    (id, client_row_id, lookup, binding_row_id, type, digest, digest_key_id, generation, created_at)
    VALUES ({n}, {n}, 'l', {n}, 'binding-secret', '', {n}, 1, {now})
"""
"""Rows inserted by the first version of this product."""


def test_every_step_goes_forth_and_back(engine: Engine) -> None:
    config = schema.alembic_config(engine)
    steps = list(ScriptDirectory(str(resource("migrations"))).walk_revisions())
    for _ in steps:
        command.upgrade(config, "+1")
    for _ in steps:
        command.downgrade(config, "-1")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    schema.upgrade(engine)
