"""An instance walks through the documented migration, and its state follows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.credentials.usage import Usage
from broker.lifecycle.overview.migration import (
    UNUSED_FOR,
    DailyCount,
    Facts,
    MigrationState,
    ReadMigration,
    migration_of,
    migration_of_overview,
)
from broker.lifecycle.overview.read import ReadOverviews
from broker.store.credentials.usage import write_usage
from broker.store.credentials.usage_history import write_daily_count
from broker.store.tables.core import credential
from broker.store.tables.usage import installation
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from tests.support.domain import Domain

KEY = {"credential-type": "binding-secret"}


def descriptor(*types: str) -> dict[str, Any]:
    return {"xsappname": "app", "oauth2-configuration": {"credential-types": list(types)}}


@pytest.fixture
def counting(domain: Domain) -> Domain:
    """Uses have been counted for long enough."""
    with domain.engine.begin() as connection:
        long_ago = domain.clock.now() - UNUSED_FOR
        connection.execute(update(installation).values(usage_since=long_ago))
    return domain


def state(domain: Domain) -> str:
    """Return the state in the overview of the instance and in that of its zone."""
    guard = domain.update_.guard
    overview = ReadOverviews(domain.transactions, domain.clock, guard, timedelta()).one(None, "i")
    zone = domain.instance("i").client.zone
    [of_zone] = ReadMigration(domain.transactions, domain.clock).zone(zone).instances
    found = migration_of_overview(overview)
    assert found == of_zone.migration
    return found.state


def use_secret(domain: Domain) -> None:
    with domain.engine.connect() as connection:
        query = select(credential.c.id).where(credential.c.binding_row_id.is_(None))
        row_id = connection.execute(query).scalar_one()
    usage = Usage(accepted=1, last_used_at=domain.clock.now())
    assert write_usage(domain.engine, {row_id: usage}) == {}


def test_the_documented_migration(counting: Domain) -> None:
    counting.provision("i", {"xsappname": "app"})
    counting.bind("i", "key1")
    counting.bind("i", "app", app_guid="app-1")
    use_secret(counting)
    assert state(counting) == "M0"
    counting.update("i", descriptor("binding-secret", "instance-secret"))
    assert state(counting) == "M1"
    counting.bind("i", "key3")
    assert state(counting) == "M2"
    counting.unbind("i", "app")
    counting.bind("i", "app-again", app_guid="app-1")
    assert state(counting) == "M3"
    counting.unbind("i", "key1")
    assert state(counting) == "M4"
    counting.clock.advance(days=UNUSED_FOR.days, seconds=1)
    assert state(counting) == "M5"
    use_secret(counting)  # by a copy
    assert state(counting) == "M4"
    counting.update("i", descriptor("binding-secret"))
    assert state(counting) == "M6"


def test_no_use_counts_only_after_long_enough(domain: Domain) -> None:
    facts = Facts(("x509", "instance-secret"), 0, 0, 1, has_secret=True, secret_used_at=None)
    now = domain.clock.now()
    assert migration_of(facts, now - UNUSED_FOR, now).state is MigrationState.UNUSED
    assert migration_of(facts, now - timedelta(days=1), now).state is MigrationState.KEYS


@pytest.mark.parametrize(
    ("types", "numbers", "has_secret", "expected"),
    [
        (("binding-secret",), (3, 3, 3), True, "M6"),
        (("instance-secret", "x509"), (0, 0, 5), True, "M0"),
        (("x509", "instance-secret"), (0, 0, 0), False, "M5"),
        (("x509", "instance-secret"), (1, 0, 0), True, "M1"),
        (("x509", "instance-secret"), (1, 1, 1), True, "M2"),
    ],
)
def test_states(
    types: tuple[str, ...],
    numbers: tuple[int, int, int],
    has_secret: bool,  # noqa: FBT001 - a parameter of the test
    expected: str,
    on_sqlite: Domain,
) -> None:
    now = on_sqlite.clock.now()
    facts = Facts(types, *numbers, has_secret=has_secret, secret_used_at=None)
    migration = migration_of(facts, now - UNUSED_FOR, now)
    assert migration.state == expected
    assert migration.completed[-1] == expected
    assert migration.completed[0] == "M0"


def test_the_readiness_of_a_zone(counting: Domain) -> None:
    counting.provision("i", descriptor("x509", "instance-secret"))
    counting.provision("j", {"xsappname": "other"}, organization_guid="other")
    counting.bind("i", "long", {"x509": {"validity": 30}})
    counting.bind("i", "short", {"x509": {"validity": 2}})
    counting.bind("j", "foreign")
    assert write_daily_count(counting.engine, counting.clock.now().date())
    zone, read = counting.instance("i").client.zone, None
    with statements_of(counting.engine) as statements:
        read = ReadMigration(counting.transactions, counting.clock).zone(zone)
    assert len([each for each in statements if each.startswith("SELECT")]) == 3
    assert [each.instance_id for each in read.instances] == ["i"]
    assert read.counts == [DailyCount(counting.clock.now().date(), "x509", 2)]
    assert [each.binding_id for each in read.certificates] == ["short", "long"]
    counting.clock.advance(days=10)
    found = ReadMigration(counting.transactions, counting.clock).zone(zone).certificates
    assert [each.binding_id for each in found] == ["long"]
