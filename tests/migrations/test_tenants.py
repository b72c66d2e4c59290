"""Rows of the version before tenants: completed at the upgrade, foreign pins dissolved (D-53)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import Engine, text

from broker.clock import SystemClock
from broker.identity.zone import ZoneDirectory
from broker.ids import name_based_guid
from broker.lifecycle.zones.complete import CompleteTenants
from broker.store.database import schema
from broker.store.database.engine import open_engine
from broker.store.sealing.data_keys import DataKeys
from broker.store.transactions import StoreTransactions
from tests.support.domain import MASTER_KEYS, OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = name_based_guid("space", "default", "-")
"""The space of every instance with the space GUID ``-``."""

CONTEXT = '{{"platform": "sapcp", "subaccount_id": "s{n}", "clusterid": "c", "namespace": "n"}}'
ROWS = """
INSERT INTO zone VALUES ({zone}, {zone}, 'g{zone}', 's{zone}', 'default', 'e{zone}', 1, {now});
INSERT INTO client
    (id, zone_row_id, client_id, app_id, service_instance_guid, credential_types, authorities,
     epoch, declared_epoch, accepts_grants)
    VALUES ({n}, {zone}, 'sb-a{n}!t{zone}', 'a{n}!t{zone}', 'i{n}', 'binding-secret', '', 1, 1,
     true);
INSERT INTO service_instance
    (id, instance_id, platform, client_row_id, service_id, plan_id, plan, xsappname, tenant_mode,
     parameters, organization_guid, space_guid, context, name, space, created_at, updated_at)
    VALUES ({n}, 'i{n}', 'default', {n}, 's', 'p', 'application', 'a{n}', 'dedicated', '{{}}', '-',
     '-', :context, 'uaa{n}', :space, {now}, {now})
"""
REFERENCE = """
INSERT INTO application_reference
    (id, client_row_id, usage, holder, app_id, service_instance, name, target_row_id, space)
    VALUES ({n}, {owner}, 'authorities', '', '{app_id}', '{service}', 'Pay', {target}, :space)
"""
REFERENCES = (
    # By service instance name, in the space that all tenants shared: the fault.
    {"n": 1, "owner": 1, "app_id": "", "service": "uaa2", "target": 2},
    # By name, to an application of the own zone.
    {"n": 2, "owner": 1, "app_id": "a3!t1", "service": "", "target": 3},
    # To a zone that the reference names.
    {"n": 3, "owner": 1, "app_id": "a2!t2", "service": "", "target": 2},
)


@pytest.fixture
def engine(fresh_url: str) -> Iterator[Engine]:
    opened = open_engine(fresh_url, connections=2, lock_timeout=5)
    yield opened
    opened.dispose()


def insert_rows(engine: Engine) -> None:
    now = "'2030-01-01 00:00:00.000000'"
    with engine.begin() as connection:
        for n, zone in ((1, 1), (2, 2), (3, 1)):
            statements = ROWS.format(n=n, zone=zone, now=now).split(";")
            # The third application is in the first one's zone, as after a rule of the operator.
            for statement in statements[1:] if n == 3 else statements:
                connection.execute(
                    text(statement),
                    {"context": CONTEXT.format(n=n), "space": SHARED}
                    if ":space" in statement
                    else {},
                )
        for reference in REFERENCES:
            connection.execute(text(REFERENCE.format(**reference)), {"space": SHARED})


def test_old_rows_are_completed_and_foreign_pins_dissolved(engine: Engine) -> None:
    command.upgrade(schema.alembic_config(engine), "0006")
    insert_rows(engine)
    schema.upgrade(engine)
    transactions = StoreTransactions(engine, DataKeys(engine, MASTER_KEYS))
    complete = CompleteTenants(transactions, ZoneDirectory(), SystemClock())
    assert complete(OPERATOR) == (3, 1)
    assert complete(OPERATOR) == (0, 0)
    own = name_based_guid("namespace", "default", "c", "n")
    with engine.connect() as connection:
        instances = connection.execute(
            text("SELECT tenant, space FROM service_instance ORDER BY id")
        ).all()
        pins = connection.execute(
            text("SELECT target_row_id, space FROM application_reference ORDER BY id")
        ).all()
        [audited] = connection.execute(
            text("SELECT instance_id FROM audit_event WHERE action = 'dissolve-pins'")
        ).all()
    assert list(map(tuple, instances)) == [(f"subaccount:s{n}", own) for n in (1, 2, 3)]
    assert list(map(tuple, pins)) == [(None, own), (3, own), (2, own)]
    assert audited.instance_id == "i1"
