"""Each contradiction between a value and the owner of its row is named (D-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Table, update

from broker.store.sealing.owner_checks import count_checks, owner_problems
from broker.store.sealing.sealed_values import SealedValues
from broker.store.tables.core import audit_event, client, zone
from tests.support.swapped_owners import TwoOwners, unbind

if TYPE_CHECKING:
    from tests.support.domain import Domain


@pytest.fixture
def world(on_sqlite: Domain) -> TwoOwners:
    """Two owners in a database from before, where only contents are compared."""
    unbind(on_sqlite)
    return TwoOwners(on_sqlite)


@pytest.mark.parametrize(
    ("table", "values", "problem"),
    [
        (zone, {"platform": "p9"}, "service instance i1 is of platform p1 in a zone of platform"),
        (audit_event, {"platform": "p9"}, "is of platform p1, but was provisioned by p9"),
        (client, {"service_instance_guid": "g"}, "i1 has the client of service instance g"),
        (client, {"local_id": "app!t9"}, "has the client sb-app-1!t1 in zone 1"),
    ],
)
def test_what_contradicts_a_service_instance(
    world: TwoOwners, table: Table, values: dict[str, Any], problem: str
) -> None:
    mine = {
        zone: zone.c.number == 1,
        audit_event: audit_event.c.instance_id == "i1",
        client: client.c.app_id == "app-1!t1",
    }[table]
    with world.domain.engine.begin() as connection:
        connection.execute(update(table).where(mine).values(values))
    assert any(problem in each for each in world.problems())


def test_a_mapped_zone_has_instances_of_several_platforms(world: TwoOwners) -> None:
    with world.domain.engine.begin() as connection:
        connection.execute(update(zone).values(platform="", external_key=zone.c.subdomain))
    assert world.problems() == []


def test_an_unreadable_application_id_is_named(world: TwoOwners) -> None:
    with world.domain.engine.begin() as connection:
        connection.execute(
            update(client).where(client.c.app_id == "app-1!t1").values(app_id="none")
        )
    assert "service instance i1 has a client with the application id none" in world.problems()


def test_progress_covers_every_check(world: TwoOwners) -> None:
    engine, seen = world.domain.engine, list[int]()
    assert list(owner_problems(SealedValues(engine, seen.append), world.domain.keys)) == []
    assert sum(seen) == count_checks(SealedValues(engine))
